// Compares the speed of `verify` in wasm (this process, one thread) with the native program on one log, in CPU time,
// one run after the other: node speed.mjs PROGRAM LOG PACKAGE [ROUNDS] [--json]
import { spawnSync } from "node:child_process";
import { fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [program, log, pkg, rounds = "3"] = process.argv.slice(2);
const { Session } = await import(pathToFileURL(join(pkg, "node.js")));
const fd = openSync(log, "r");
const size = fstatSync(fd).size;
const pool = new Uint8Array(1 << 20);
const source = {
  size,
  read(offset, length) {
    const bytes = length <= pool.length ? pool.subarray(0, length) : new Uint8Array(length);
    return bytes.subarray(0, readSync(fd, bytes, 0, length, offset));
  },
};

function native() {
  const script = "TIMEFORMAT='%U %S'; time \"$0\" verify --json \"$1\" >/dev/null 2>&1";
  const { stderr } = spawnSync("bash", ["-c", script, program, log], { encoding: "utf8" });
  return stderr.trim().split(" ").reduce((sum, part) => sum + Number(part), 0);
}

function wasm() {
  const session = Session.open({ name: log, log: source });
  const before = process.cpuUsage();
  session.verify();
  const { user, system } = process.cpuUsage(before);
  session.free();
  return (user + system) / 1e6;
}

const times = { native: [], wasm: [] };
wasm();
for (let round = 0; round < Number(rounds); round++) {
  times.native.push(native());
  times.wasm.push(wasm());
}
const memory = process.memoryUsage().rss;
if (process.argv.includes("--json")) {
  console.log(JSON.stringify({ ...times, memory: [memory] }));
} else {
  const best = { native: Math.min(...times.native), wasm: Math.min(...times.wasm) };
  const speed = (seconds) => `${(size / seconds / 1e6).toFixed(0)} MB/s`;
  const percent = ((100 * best.native) / best.wasm).toFixed(0);
  console.log(`verify of ${(size / 1e6).toFixed(0)} MB: native ${speed(best.native)}, wasm ${speed(best.wasm)}, ${percent}% of native`);
  console.log(`memory of the process: ${(memory / 1e6).toFixed(0)} MB`);
}
