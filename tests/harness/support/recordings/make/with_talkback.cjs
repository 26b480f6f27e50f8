const http = require("node:http");
const fs = require("node:fs");
const talkback = require("talkback");

const [authorization, ...urls] = process.argv.slice(2);
const folder = "../talkback";
fs.rmSync(folder, { recursive: true, force: true });
const host = new URL(urls[0]).origin;
const server = talkback({
  host, path: folder, port: 18081, record: talkback.Options.RecordMode.OVERWRITE, silent: true,
  tapeNameGenerator: (_, tape) => `${tape.req.url.slice(1).replace(/[^a-z0-9]+/g, "-")}`,
});
const read = (url) =>
  new Promise((resolve, reject) =>
    http.get(url.replace(host, "http://127.0.0.1:18081"), { headers: { Authorization: authorization } }, (response) =>
      response.resume().on("end", resolve)).on("error", reject),
  );

server.start(async () => {
  for (const url of urls.slice(2)) await read(url); // one tape for each request: the last answers
  server.close();
});
