// The package in Node: the module lies beside this file and is loaded at once.
import { readFileSync } from "node:fs";
import { initSync } from "./jcode_session_wasm.js";

initSync({ module: readFileSync(new URL("./jcode_session_wasm_bg.wasm", import.meta.url)) });

export * from "./jcode_session_wasm.js";
export { default } from "./jcode_session_wasm.js";
