// Reads hosted payment page sessions with the fetch that Node has built in.

/** A session could not be read. What the server said about it is in the properties, where it said anything. */
export class HppError extends Error {
  name = "HppError";

  constructor(message, { httpStatus, body, cause } = {}) {
    super(message, { cause });
    this.httpStatus = httpStatus;
    this.errorCode = body?.error_code;
    this.errorMessages = body?.error_messages;
    this.correlationId = body?.correlation_id;
  }
}

export class HppClient {
  #sessions;
  #headers;

  constructor({ baseUrl, username, apiKey }) {
    this.#sessions = `${baseUrl.replace(/\/+$/, "")}/hpp/v1/sessions`;
    const credentials = Buffer.from(`${username}:${apiKey}`, "utf8").toString("base64");
    this.#headers = { authorization: `Basic ${credentials}`, accept: "application/json" };
  }

  /**
   * The session as it is now, with the members it was sent with. Statuses may be added: expect ones you do not know.
   * Throws HppError, after timeoutMs milliseconds at the latest.
   */
  async readSession(sessionId, { timeoutMs = 10_000 } = {}) {
    const url = `${this.#sessions}/${encodeURIComponent(sessionId)}`;
    let response, text;
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      response = await fetch(url, { headers: this.#headers, redirect: "manual", signal });
      text = await response.text();
    } catch (cause) {
      throw new HppError(cause.name === "TimeoutError" ? "no answer in time" : "no answer", { cause });
    }
    const body = parsed(text);
    const httpStatus = response.status;
    if (httpStatus !== 200) throw new HppError(`refused with HTTP ${httpStatus}`, { httpStatus, body });
    if (!isObject(body)) throw new HppError("the answer is no session", { httpStatus });
    return body;
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
