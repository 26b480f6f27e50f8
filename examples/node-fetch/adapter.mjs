// Lets hpp-contract judge the client beside this: one JSON object a line, in and out. Logs would go to stderr.
// Whom to trust over https, `ca_file`, Node has read from NODE_EXTRA_CA_CERTS already: fetch takes no other way.

import { createInterface } from "node:readline";
import { HppClient } from "./hpp-client.mjs";

const HELLO = {
  op: "hello",
  client: { name: "node-fetch", version: process.version, language: "javascript" },
  error: ["http_status", "error_code", "error_messages", "correlation_id"],
  status: "open",
  timestamps: "string",
};

async function answer({ id, base_url, username, password, session_id, timeout_ms }) {
  try {
    const client = new HppClient({ baseUrl: base_url, username, apiKey: password });
    return { id, session: await client.readSession(session_id, { timeoutMs: timeout_ms }) };
  } catch (error) {
    const { name, message, httpStatus, errorCode, errorMessages, correlationId } = error;
    const said = { http_status: httpStatus, error_code: errorCode, correlation_id: correlationId };
    return { id, error: { type: name, message, ...said, error_messages: errorMessages } };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (message.op === "bye") break;
  const reply = message.op === "hello" ? HELLO : await answer(message);
  process.stdout.write(JSON.stringify(reply) + "\n");
}
process.exit(0); // kept connections would hold it up
