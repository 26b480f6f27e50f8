// Lets hpp-contract judge the client beside this: one JSON object a line, in and out. Logs would go to stderr.

using System.Text;
using System.Text.Json.Nodes;

var hello = new JsonObject
{
    ["op"] = "hello",
    ["client"] = new JsonObject { ["name"] = "csharp-httpclient", ["version"] = $"{Environment.Version}", ["language"] = "csharp" },
    ["error"] = new JsonArray("http_status", "error_code", "error_messages", "correlation_id"),
    ["status"] = "open",
    ["timestamps"] = "string",
};

// As a shop would: one client for each shop, whose connections are kept from read to read.
var clients = new Dictionary<(string, string, string), HppClient>();

using var input = new StreamReader(Console.OpenStandardInput(), Encoding.UTF8);
using var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };
while (await input.ReadLineAsync() is { } line)
{
    var message = JsonNode.Parse(line)!.AsObject();
    var operation = (string)message["op"]!;
    if (operation == "bye")
    {
        break;
    }
    var reply = operation == "hello" ? hello : await AnswerAsync(message);
    await output.WriteLineAsync(reply.ToJsonString());
}

HppClient ClientFor(JsonObject ask)
{
    var shop = ((string)ask["base_url"]!, (string)ask["username"]!, (string)ask["password"]!);
    if (!clients.TryGetValue(shop, out var client))
    {
        clients[shop] = client = new HppClient(shop.Item1, shop.Item2, shop.Item3);
    }
    return client;
}

async Task<JsonObject> AnswerAsync(JsonObject ask)
{
    var id = (string)ask["id"]!;
    try
    {
        var timeout = TimeSpan.FromMilliseconds((long)ask["timeout_ms"]!);
        return new JsonObject { ["id"] = id, ["session"] = await ClientFor(ask).ReadSessionAsync((string)ask["session_id"]!, timeout) };
    }
    catch (HppException error)
    {
        var told = new JsonObject { ["type"] = "HppException", ["message"] = error.Message, ["http_status"] = error.HttpStatus };
        foreach (var name in new[] { "error_code", "error_messages", "correlation_id" })
        {
            told[name] = error.Body?[name]?.DeepClone();
        }
        return new JsonObject { ["id"] = id, ["error"] = told };
    }
}
