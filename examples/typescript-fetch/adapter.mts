// Lets hpp-contract judge the client beside this: one JSON object a line, in and out. Logs would go to stderr.

import { createInterface } from "node:readline";
import { HppClient, HppError } from "./hpp-client.mjs";

interface Ask {
  op: "hello" | "read_session" | "bye";
  id: string;
  base_url: string;
  username: string;
  password: string;
  session_id: string;
  timeout_ms: number;
}

const HELLO = {
  op: "hello",
  client: { name: "typescript-fetch", version: process.version, language: "typescript" },
  error: ["http_status", "error_code", "error_messages", "correlation_id"],
  status: "open",
  timestamps: "string",
};

async function answer({ id, base_url, username, password, session_id, timeout_ms }: Ask): Promise<object> {
  try {
    return { id, session: await new HppClient(base_url, username, password).readSession(session_id, timeout_ms) };
  } catch (error) {
    if (!(error instanceof HppError)) throw error;
    const { error_code, error_messages, correlation_id } = error.said;
    const said = { http_status: error.httpStatus, error_code, error_messages, correlation_id };
    return { id, error: { type: error.name, message: error.message, ...said } };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line) as Ask;
  if (message.op === "bye") break;
  const reply = message.op === "hello" ? HELLO : await answer(message);
  process.stdout.write(JSON.stringify(reply) + "\n");
}
process.exit(0); // kept connections would hold it up
