// Reads hosted payment page sessions with the fetch that Node has built in.

/** A session as it was sent. Statuses may be added: expect ones you do not know. */
export interface Session {
  session_id?: string;
  status?: string;
  updated_at?: string;
  expires_at?: string;
  order_id?: string;
  klarna_reference?: string;
  authorization_token?: string;
  customer?: Record<string, unknown>;
  manual_identification?: Record<string, unknown>;
  [member: string]: unknown;
}

interface ErrorObject {
  error_code?: string;
  error_messages?: string[];
  correlation_id?: string;
}

/** A session could not be read. What the server said about it is in `said`, where it said anything. */
export class HppError extends Error {
  override name = "HppError";
  readonly said: ErrorObject;

  constructor(message: string, readonly httpStatus?: number, body?: unknown, cause?: unknown) {
    super(message, { cause });
    this.said = isObject(body) ? body : {};
  }
}

export class HppClient {
  readonly #sessions: string;
  readonly #headers: Record<string, string>;

  constructor(baseUrl: string, username: string, apiKey: string) {
    this.#sessions = `${baseUrl.replace(/\/+$/, "")}/hpp/v1/sessions`;
    const credentials = Buffer.from(`${username}:${apiKey}`, "utf8").toString("base64");
    this.#headers = { authorization: `Basic ${credentials}`, accept: "application/json" };
  }

  /** The session as it is now. Throws HppError, after timeoutMs milliseconds at the latest. */
  async readSession(sessionId: string, timeoutMs = 10_000): Promise<Session> {
    const [status, body] = await this.#get(`${this.#sessions}/${encodeURIComponent(sessionId)}`, timeoutMs);
    if (status !== 200) throw new HppError(`refused with HTTP ${status}`, status, body);
    if (!isObject(body)) throw new HppError("the answer is no session", status);
    return body;
  }

  async #get(url: string, timeoutMs: number): Promise<[number, unknown]> {
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const response = await fetch(url, { headers: this.#headers, redirect: "manual", signal });
      return [response.status, parsed(await response.text())];
    } catch (cause) {
      throw new HppError("no answer", undefined, undefined, cause);
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
