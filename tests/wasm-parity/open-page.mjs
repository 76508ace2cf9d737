// Serves a folder, opens a page of it in a browser, and waits until the page shows a text:
// node open-page.mjs BROWSER FOLDER PAGE TEXT
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [browser, folder, page, text] = process.argv.slice(2);
const types = { html: "text/html", js: "text/javascript", wasm: "application/wasm" };
// Told by the page itself: a browser without a driver says nothing of a worker that is done.
const watcher = `<script type="module">
  const tell = () => fetch("/shown", { method: "POST", body: document.body.innerText });
  new MutationObserver(tell).observe(document.body, { childList: true, characterData: true, subtree: true });
</script>`;

let shown = "nothing";
const seen = new Promise((resolve) => {
  const server = createServer(async (request, response) => {
    if (request.method === "POST") {
      shown = "";
      for await (const piece of request) shown += piece;
      response.end();
      if (shown.includes(text)) resolve(true);
      return;
    }
    const name = new URL(request.url, "http://localhost").pathname.slice(1);
    try {
      const bytes = readFileSync(join(folder, name));
      const type = types[name.split(".").pop()] ?? "application/octet-stream";
      response.setHeader("content-type", type);
      response.end(type === "text/html" ? bytes + watcher : bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  server.listen(0, "127.0.0.1", () => start(server.address().port, resolve));
});

let child;
const profile = mkdtempSync(join(tmpdir(), "page-"));
function start(port, resolve) {
  const args = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", `--user-data-dir=${profile}`,
    "--remote-debugging-port=0", `http://127.0.0.1:${port}/${page}`];
  child = spawn(browser, args, { stdio: "ignore" });
  child.on("close", () => resolve(false));
  setTimeout(() => resolve(false), 120_000);
}

const found = await seen;
child.removeAllListeners("close");
const gone = new Promise((resolve) => child.on("close", resolve));
child.kill();
await gone;
try {
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
} catch (error) {
  // Helpers of the browser may write to it a little longer than the browser lives: that says nothing of the page.
  console.error(`left behind: ${error.message}`);
}
if (!found) console.error(`the page does not show ${text}:\n${shown.slice(0, 3000)}`);
process.exit(found ? 0 : 1);
