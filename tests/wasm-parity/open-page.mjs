// Serves a folder, opens a page of it in a browser, and waits for a text: node open-page.mjs BROWSER FOLDER PAGE TEXT
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [browser, folder, page, text] = process.argv.slice(2);
const types = { html: "text/html", js: "text/javascript", wasm: "application/wasm" };
const server = createServer((request, response) => {
  const name = new URL(request.url, "http://localhost").pathname.slice(1);
  try {
    const bytes = readFileSync(join(folder, name));
    response.setHeader("content-type", types[name.split(".").pop()] ?? "application/octet-stream");
    response.end(bytes);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const profile = mkdtempSync(join(tmpdir(), "page-"));
const args = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync", `--user-data-dir=${profile}`,
  "--virtual-time-budget=20000", "--timeout=60000", "--dump-dom", `http://127.0.0.1:${server.address().port}/${page}`];
const child = spawn(browser, args, { stdio: ["ignore", "pipe", "ignore"] });
let shown = "";
child.stdout.on("data", (piece) => (shown += piece));
await new Promise((resolve) => child.on("close", resolve));
server.close();
rmSync(profile, { recursive: true, force: true });
if (!shown.includes(text)) {
  console.error(`the page does not show ${text}:\n${shown.slice(0, 3000)}`);
  process.exitCode = 1;
}
