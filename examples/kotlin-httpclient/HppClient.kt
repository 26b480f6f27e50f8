import java.net.URI
import java.net.URLEncoder
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse.BodyHandlers
import java.time.Duration
import java.util.Base64
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException

/** A session could not be read. The HTTP status and the error object are null and empty where there is none. */
class HppException(message: String, val httpStatus: Int? = null, body: Any? = null, cause: Throwable? = null) :
    Exception(message, cause) {
    val body: Map<*, *> = body as? Map<*, *> ?: emptyMap<Any, Any>()
}

/** Reads hosted payment page sessions with an HTTP client of the JDK, which should follow no redirect (as it does not of
 *  itself), and says whom to trust. Safe to share between threads. */
class HppClient(private val http: HttpClient, baseUrl: String, username: String, apiKey: String) {
    private val sessions = baseUrl.trimEnd('/') + "/hpp/v1/sessions/"
    private val authorization = "Basic " + Base64.getEncoder().encodeToString("$username:$apiKey".toByteArray())

    /** The session as it was sent, by member. Statuses may be added: expect ones you do not know. */
    fun readSession(sessionId: String, timeout: Duration): Map<*, *> {
        val url = URI.create(sessions + URLEncoder.encode(sessionId, "UTF-8").replace("+", "%20"))
        val (status, text) = send(HttpRequest.newBuilder(url).header("Authorization", authorization).build(), timeout)
        val body = try {
            Json.parse(text)
        } catch (_: IllegalArgumentException) {
            null
        }
        if (status != 200) throw HppException("refused with HTTP $status", status, body)
        return body as? Map<*, *> ?: throw HppException("the answer is no session", status)
    }

    /** A time-out of HttpRequest's own would end with the headers; this one is for the whole answer. */
    private fun send(request: HttpRequest, timeout: Duration): Pair<Int, String> {
        val answer = http.sendAsync(request, BodyHandlers.ofString())
        val failure = try {
            val response = answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS)
            return Pair(response.statusCode(), response.body())
        } catch (error: TimeoutException) {
            error
        } catch (error: ExecutionException) {
            error
        }
        answer.cancel(true)
        throw HppException("no answer", cause = failure)
    }
}
