// Compares what the native program and the wasm package say about the same files: verify, tree, list.
// Usage: node compare.mjs PROGRAM FOLDER PACKAGE
import { execFileSync } from "node:child_process";
import { closeSync, existsSync, fstatSync, mkdtempSync, openSync, readdirSync, readSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";

const [program, folder, pkg] = process.argv.slice(2);
const { Session: Small } = await import(pathToFileURL(join(pkg, "node.js")));
const { Session: Full } = await import(pathToFileURL(join(pkg, "sqlite", "node.js")));
const home = mkdtempSync(join(tmpdir(), "parity-"));

function native(...args) {
  const options = { env: { ...process.env, JCODE_HOME: home, NO_COLOR: "1" }, maxBuffer: 1 << 30, stdio: ["ignore", "pipe", "ignore"] };
  try {
    return JSON.parse(execFileSync(program, args, options));
  } catch (error) {
    // Exit code 1 is "problems found", with a report.
    if (error.status === 1) return JSON.parse(error.stdout);
    return null;
  }
}

const open = [];
function source(path) {
  if (!existsSync(path)) return undefined;
  const fd = openSync(path, "r");
  open.push(fd);
  return {
    size: fstatSync(fd).size,
    read(offset, length) {
      const bytes = new Uint8Array(length);
      return bytes.subarray(0, readSync(fd, bytes, 0, length, offset));
    },
  };
}

function milliseconds(path) {
  if (!existsSync(path)) return 0;
  const fd = openSync(path, "r");
  const { mtimeNs } = fstatSync(fd, { bigint: true });
  closeSync(fd);
  return Number(mtimeNs / 1000000n);
}

function filesOf(path) {
  const stem = path.replace(/\.jsonl?$/, "");
  const v1 = { snapshot: source(`${stem}.json`), journal: source(`${stem}.journal.jsonl`), backup: source(`${stem}.bak`) };
  if (path.endsWith(".json")) {
    return { name: path, v1, modified: Math.max(milliseconds(path), milliseconds(`${stem}.journal.jsonl`)) };
  }
  const store = {};
  for (const name of existsSync(`${stem}.store`) ? readdirSync(`${stem}.store`, { recursive: true }) : []) {
    const file = join(`${stem}.store`, name);
    if (statSync(file).isFile()) store[name] = source(file);
  }
  return { name: path, store, log: source(path), sidecar: source(`${stem}.sqlite3`), v1, modified: milliseconds(path) };
}

let compared = 0;
const differences = [];
function same(what, path, seen, wanted) {
  compared += 1;
  if (isDeepStrictEqual(seen, wanted)) return;
  differences.push(`${what} of ${path}\n  wasm:   ${JSON.stringify(seen)?.slice(0, 2000)}\n  native: ${JSON.stringify(wanted)?.slice(0, 2000)}`);
}

function attempt(question) {
  try {
    return question();
  } catch (error) {
    if (error.name !== "SessionError") throw error;
    return null;
  }
}

// `*.journal.jsonl` and `*.bak` are parts of other sessions.
const names = readdirSync(folder).filter((name) => /\.jsonl?$/.test(name) && !name.endsWith(".journal.jsonl")).sort();
const paths = names.map((name) => join(folder, name));
const verified = new Map(native("verify", "--json", ...paths).logs.map((log) => [log.path, log]));
const listed = new Map(native("list", "--json", "--sessions-dir", folder).sessions.map((row) => [row.path, row]));
const opened = ["is_session", "kind_note", "newer_version", "schema", "sidecar", "sidecar_bytes", "sidecar_note", "usage", "version"];

for (const path of paths) {
  const files = filesOf(path);
  const tree = native("tree", "--json", path);
  for (const [build, Session] of [["small", Small], ["full", Full]]) {
    const plain = build === "small" ? { ...files, sidecar: undefined } : files;
    const session = attempt(() => Session.open(plain));
    if (session === null) {
      // Segments take the larger build.
      const larger = build === "small" && Object.keys(files.store ?? {}).some((name) => name.startsWith("segments/"));
      if (!larger) same(`opening (${build})`, path, null, tree);
      continue;
    }
    const report = session.verify();
    if (build === "full" || files.sidecar === undefined) {
      same(`verify (${build})`, path, report.logs[0], verified.get(path));
    }
    const summary = session.summary();
    if (summary.is_session) {
      for (const name of opened) delete summary[name];
      const row = listed.get(path);
      if (build === "full" || row?.entry_count === null) same(`summary (${build})`, path, summary, row);
    } else {
      same(`listing (${build})`, path, undefined, listed.get(path));
    }
    if (tree) same(`tree (${build})`, path, session.tree(), tree);
    session.free();
  }
  while (open.length > 0) closeSync(open.pop());
}
rmSync(home, { recursive: true });
for (const difference of differences.slice(0, 20)) console.error(`differs: ${difference}`);
console.log(`wasm and native: ${compared - differences.length} passed, ${differences.length} failed`);
process.exitCode = differences.length > 0 || compared === 0 ? 1 : 0;
