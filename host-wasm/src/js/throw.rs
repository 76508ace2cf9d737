//! Exceptions of the JavaScript API.
//!
//! Owns: their shape: an `Error` named `SessionError` with `code` and perhaps `offset`.
//! Invariant: a panic throws an exception, and so does every later call, because the state after a panic cannot be
//! trusted. In wasm a panic cannot be caught; it ends the call.

use crate::error::{Code, Error};
use js_sys::Reflect;
use std::sync::atomic::{AtomicBool, Ordering};
use wasm_bindgen::JsValue;

static FAILED: AtomicBool = AtomicBool::new(false);

/// The exception for an error.
#[expect(clippy::cast_precision_loss, reason = "offsets stay far below 2^53")]
pub(super) fn throw(error: Error) -> JsValue {
    let thrown = js_sys::Error::new(&error.message);
    thrown.set_name("SessionError");
    let set = |key: &str, value: JsValue| {
        // A fresh object takes any property.
        let _ = Reflect::set(&thrown, &key.into(), &value);
    };
    set("code", error.code.name().into());
    if let Some(offset) = error.offset {
        set("offset", (offset as f64).into());
    }
    thrown.into()
}

fn internal(words: &str) -> JsValue {
    let words = format!("a fault of jcode-session-wasm, please report it: {words}; load the module anew to go on");
    throw(Error::new(Code::Internal, words))
}

/// Refuses calls after a panic.
pub(super) fn guarded() -> Result<(), JsValue> {
    if FAILED.load(Ordering::Relaxed) { Err(internal("an earlier call failed")) } else { Ok(()) }
}

/// Makes a panic throw instead of trapping. The exception passes through the code that panicked.
pub(super) fn install() {
    std::panic::set_hook(Box::new(|info| {
        FAILED.store(true, Ordering::Relaxed);
        wasm_bindgen::throw_val(internal(&info.to_string()));
    }));
}
