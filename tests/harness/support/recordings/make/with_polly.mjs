import { Polly } from "@pollyjs/core";
import FetchAdapter from "@pollyjs/adapter-fetch";
import FSPersister from "@pollyjs/persister-fs";
import fs from "node:fs";

const [authorization, ...urls] = process.argv.slice(2);
Polly.register(FetchAdapter);
Polly.register(FSPersister);
fs.rmSync("../polly", { recursive: true, force: true });
const polly = new Polly("session", {
  mode: "record",
  recordFailedRequests: true,
  adapters: ["fetch"],
  persister: "fs",
  persisterOptions: { fs: { recordingsDir: "../polly" } },
});
for (const url of urls) await (await fetch(url, { headers: { Authorization: authorization } })).text();
await polly.stop();
