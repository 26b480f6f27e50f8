// Lets hpp-contract judge the client beside this: one JSON object a line, in and out. Logs would go to stderr.

import java.io.PrintStream
import java.time.Duration

private val errorObject = listOf("error_code", "error_messages", "correlation_id")
private val hello = mapOf(
    "op" to "hello",
    "client" to mapOf("name" to "kotlin-httpclient", "version" to "${KotlinVersion.CURRENT}", "language" to "kotlin"),
    "status" to "open",
    "timestamps" to "string"
)

/** As a shop would: one client for each shop, whose connections are kept from read to read. */
private val clients = mutableMapOf<List<Any?>, HppClient>()

private fun client(ask: Map<*, *>): HppClient {
    val shop = listOf("base_url", "username", "password").map { ask[it] as String }
    return clients.getOrPut(shop) { HppClient(Trust.httpClient(ask["ca_file"] as String?), shop[0], shop[1], shop[2]) }
}

private fun answer(ask: Map<*, *>): Map<String, Any?> {
    val timeout = Duration.ofMillis((ask["timeout_ms"] as Number).toLong())
    return try {
        mapOf("id" to ask["id"], "session" to client(ask).readSession(ask["session_id"] as String, timeout))
    } catch (error: HppException) {
        val said = errorObject.associateWith { error.body[it] }
        val own = mapOf("type" to "HppException", "message" to error.message, "http_status" to error.httpStatus)
        mapOf("id" to ask["id"], "error" to own + said)
    }
}

fun main() {
    val out = PrintStream(System.out, true, "UTF-8")
    for (line in generateSequence(System.`in`.bufferedReader()::readLine)) {
        val message = Json.parse(line) as Map<*, *>
        if (message["op"] == "bye") break
        out.println(Json.write(if (message["op"] == "hello") hello else answer(message)))
    }
}
