const fs = require("node:fs");
const http = require("node:http");
const nock = require("nock");

const [authorization, ...urls] = process.argv.slice(2);
const read = (url, headers) =>
  new Promise((resolve, reject) =>
    http.get(url, { headers }, (response) => response.resume().on("end", resolve)).on("error", reject),
  );

(async () => {
  for (const [name, extra] of [["nock", {}], ["nock-gzip", { "Accept-Encoding": "gzip" }]]) {
    nock.recorder.rec({ output_objects: true, dont_print: true, enable_reqheaders_recording: true });
    for (const url of urls) await read(url, { Authorization: authorization, ...extra });
    await new Promise((resolve) => setTimeout(resolve, 100));
    fs.writeFileSync(`../${name}.json`, JSON.stringify(nock.recorder.play(), null, 2) + "\n");
    nock.recorder.clear();
    nock.restore();
    nock.activate();
  }
})();
