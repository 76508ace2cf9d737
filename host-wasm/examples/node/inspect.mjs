// Checks a session log and shows the end of it, in Node, without loading it: `node inspect.mjs LOG`.
import { existsSync, fstatSync, openSync, readSync } from "node:fs";
import { Session } from "jcode-session-wasm/sqlite";

/** A file as a source: only what is asked for is read. */
function source(path) {
  if (!existsSync(path)) return undefined;
  const fd = openSync(path, "r");
  return {
    size: fstatSync(fd).size,
    read(offset, length) {
      const bytes = new Uint8Array(length);
      return bytes.subarray(0, readSync(fd, bytes, 0, length, offset));
    },
  };
}

const [path] = process.argv.slice(2);
if (!path) throw new Error("usage: node inspect.mjs LOG");

try {
  const session = Session.open({ name: path, log: source(path), sidecar: source(path.replace(/\.jsonl$/, ".sqlite3")) });
  const { title, first_prompt, cwd } = session.summary();
  console.log(`${title ?? first_prompt ?? "(untitled)"}, in ${cwd}`);

  const [{ ok, findings }] = session.verify((done, total) => process.stderr.write(`\r${done}/${total}`)).logs;
  process.stderr.write("\n");
  console.log(ok ? "verified" : "damaged");
  for (const { severity, code, byte_offset, message } of findings) {
    console.log(`  ${severity} ${code} at ${byte_offset}: ${message}`);
  }

  const { leaves, active_leaf } = session.tree();
  for (const { id, depth, name } of leaves) {
    console.log(`${id === active_leaf ? "*" : " "} ${id} ${depth} entries ${name ?? ""}`);
  }

  const { length } = session.path();
  for (const { kind, key, line } of session.pathPage(null, Math.max(0, length - 5), 5)) {
    console.log(`${kind} ${key}: ${line?.slice(0, 80)}`);
  }
  session.free();
} catch (error) {
  if (error.name !== "SessionError") throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 2;
}
