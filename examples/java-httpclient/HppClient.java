import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Reads hosted payment page sessions with the HTTP client of the JDK. Safe to share between threads. */
public final class HppClient {
    /** A session could not be read. The HTTP status and the error object are null and empty where there is none. */
    @SuppressWarnings("serial")
    public static final class HppException extends IOException {
        public final Integer httpStatus;
        public final Map<?, ?> body;

        HppException(String message, Integer httpStatus, Object body, Throwable cause) {
            super(message, cause);
            this.httpStatus = httpStatus;
            this.body = body instanceof Map<?, ?> map ? map : Map.of();
        }
    }

    private final HttpClient http;
    private final String sessions;
    private final String authorization;

    /** The HTTP client says whom to trust, and may be shared. */
    public HppClient(HttpClient http, String baseUrl, String username, String apiKey) {
        this.http = http;
        var credentials = (username + ":" + apiKey).getBytes(StandardCharsets.UTF_8);
        this.sessions = baseUrl.replaceAll("/+$", "") + "/hpp/v1/sessions/";
        this.authorization = "Basic " + Base64.getEncoder().encodeToString(credentials);
    }

    /** The session as it was sent, by member. Statuses may be added: expect ones you do not know. */
    public Map<?, ?> readSession(String sessionId, Duration timeout) throws HppException, InterruptedException {
        var segment = URLEncoder.encode(sessionId, StandardCharsets.UTF_8).replace("+", "%20");
        var request = HttpRequest.newBuilder(URI.create(sessions + segment)).header("Authorization", authorization);
        var response = send(request.build(), timeout);
        var status = response.statusCode();
        var body = parsed(response.body());
        if (status != 200) throw new HppException("refused with HTTP " + status, status, body, null);
        if (body instanceof Map<?, ?> session) return session;
        throw new HppException("the answer is no session", status, null, null);
    }

    /** A time-out of HttpRequest's own would end with the headers; this one is for the whole answer. */
    private HttpResponse<String> send(HttpRequest request, Duration timeout) throws HppException, InterruptedException {
        var answer = http.sendAsync(request, BodyHandlers.ofString(StandardCharsets.UTF_8));
        try {
            return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException error) {
            answer.cancel(true);
            throw new HppException("no answer", null, null, error);
        }
    }

    private static Object parsed(String text) {
        try {
            return Json.parse(text);
        } catch (IllegalArgumentException error) {
            return null;
        }
    }
}
