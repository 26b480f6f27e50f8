using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

/// <summary>A session could not be read. What the server said about it is in Body, where it was a JSON object.</summary>
public sealed class HppException : Exception
{
    public HppException(string message, int? httpStatus = null, JsonNode? body = null, Exception? cause = null)
        : base(message, cause)
    {
        HttpStatus = httpStatus;
        Body = body as JsonObject;
    }

    public int? HttpStatus { get; }

    public JsonObject? Body { get; }
}

/// <summary>Reads hosted payment page sessions with the HttpClient of .NET. Safe to share between threads.</summary>
public sealed class HppClient
{
    private readonly HttpClient http;
    private readonly string sessions;

    public HppClient(string baseUrl, string username, string apiKey)
    {
        // The credentials are for one host: no redirect is followed.
        http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = Timeout.InfiniteTimeSpan };
        var credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{username}:{apiKey}"));
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", credentials);
        sessions = baseUrl.TrimEnd('/') + "/hpp/v1/sessions/";
    }

    /// <summary>The session as it was sent. Statuses may be added: expect ones you do not know.</summary>
    public async Task<JsonObject> ReadSessionAsync(string sessionId, TimeSpan timeout)
    {
        var (status, text) = await GetAsync(sessions + Uri.EscapeDataString(sessionId), timeout);
        var body = Parsed(text);
        if (status != HttpStatusCode.OK)
        {
            throw new HppException($"refused with HTTP {(int)status}", (int)status, body);
        }
        return body as JsonObject ?? throw new HppException("the answer is no session", (int)status);
    }

    private async Task<(HttpStatusCode Status, byte[] Text)> GetAsync(string url, TimeSpan timeout)
    {
        using var limit = new CancellationTokenSource(timeout);
        try
        {
            using var response = await http.GetAsync(url, limit.Token);
            return (response.StatusCode, await response.Content.ReadAsByteArrayAsync(limit.Token));
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            throw new HppException(limit.IsCancellationRequested ? "no answer in time" : "no answer", cause: error);
        }
    }

    private static JsonNode? Parsed(byte[] text)
    {
        try
        {
            var body = JsonNode.Parse(text);
            _ = (body as JsonObject)?.Count; // refuses duplicate members, which are noticed late
            return body;
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            return null;
        }
    }
}
