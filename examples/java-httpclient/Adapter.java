import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Lets hpp-contract judge the client beside this: one JSON object a line, in and out. Logs would go to stderr. */
public final class Adapter {
    private static final List<String> ERROR_OBJECT = List.of("error_code", "error_messages", "correlation_id");
    private static final Map<String, Object> HELLO = Map.of(
            "op", "hello",
            "client", Map.of("name", "java-httpclient", "version", Runtime.version().toString(), "language", "java"),
            "status", "open",
            "timestamps", "string");

    private HppClient client;
    private String made = "";

    public static void main(String[] arguments) throws IOException, InterruptedException {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        var adapter = new Adapter();
        for (var line = in.readLine(); line != null; line = in.readLine()) {
            var message = (Map<?, ?>) Json.parse(line);
            if ("bye".equals(message.get("op"))) break;
            out.println(Json.write("hello".equals(message.get("op")) ? HELLO : adapter.answer(message)));
        }
    }

    private Map<String, Object> answer(Map<?, ?> ask) throws InterruptedException {
        var answer = new LinkedHashMap<String, Object>();
        answer.put("id", ask.get("id"));
        var timeout = Duration.ofMillis(((Number) ask.get("timeout_ms")).longValue());
        try {
            answer.put("session", client(ask).readSession((String) ask.get("session_id"), timeout));
        } catch (HppClient.HppException error) {
            answer.put("error", told(error));
        }
        return answer;
    }

    private static Map<String, Object> told(HppClient.HppException error) {
        var told = new LinkedHashMap<String, Object>();
        told.put("type", "HppException");
        told.put("message", error.getMessage());
        told.put("http_status", error.httpStatus);
        ERROR_OBJECT.forEach(name -> told.put(name, error.body.get(name)));
        return told;
    }

    /** The same client as before, whose connections are kept, unless it is for another shop. */
    private HppClient client(Map<?, ?> ask) {
        var wanted = ask.get("base_url") + " " + ask.get("username") + " " + ask.get("password");
        if (!wanted.equals(made)) {
            var username = (String) ask.get("username");
            var http = Trust.httpClient((String) ask.get("ca_file"));
            client = new HppClient(http, (String) ask.get("base_url"), username, (String) ask.get("password"));
            made = wanted;
        }
        return client;
    }
}
