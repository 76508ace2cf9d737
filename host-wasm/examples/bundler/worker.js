// The worker: reads the file piece by piece, so that its size does not matter, and never blocks the page.
import init, { Session } from "jcode-session-wasm";
import moduleUrl from "jcode-session-wasm/jcode_session_wasm_bg.wasm";

const ready = init({ module_or_path: new URL(moduleUrl, import.meta.url) });

/** A `File` as a source. */
function source(file) {
  const reader = new FileReaderSync();
  const read = (offset, length) => new Uint8Array(reader.readAsArrayBuffer(file.slice(offset, offset + length)));
  return { size: file.size, read };
}

self.onmessage = async ({ data: file }) => {
  await ready;
  const show = (state, text) => self.postMessage({ state, text });
  try {
    const session = Session.open({ name: file.name, log: source(file), modified: file.lastModified });
    const report = session.verify((done, total) => show("busy", `${done} of ${total} bytes`));
    show("done", JSON.stringify(report, null, 2));
    session.free();
  } catch (error) {
    show("failed", `${error.code ?? "error"}: ${error.message}`);
  }
};
