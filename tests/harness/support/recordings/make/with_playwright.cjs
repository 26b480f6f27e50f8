const { chromium } = require("playwright-core");

const [authorization, ...urls] = process.argv.slice(2);

(async () => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium" });
  for (const path of ["../playwright.har.zip", "../playwright/recording.har"]) {
    const context = await browser.newContext({
      recordHar: { path, content: "attach", mode: "full" }, extraHTTPHeaders: { Authorization: authorization },
    });
    const page = await context.newPage();
    for (const url of urls) await (await page.goto(url)).body(); // not kept of a page that is left before
    await context.close();
  }
  await browser.close();
})();
