//! A byte source over data that JavaScript holds.
//!
//! Owns: positional reads of a `Uint8Array`, or of an object with `size` and `read`. A small window serves short reads,
//! because a page of entries needs many of them close together.
//! Invariant: memory use stays small for a source of any size.

use crate::error::{Code, Error};
use jcode_session_core::source::{ByteSource, SourceError};
use js_sys::{Function, Reflect, Uint8Array};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};

/// Reads shorter than this go through the window.
const SMALL: usize = 32 * 1024;
/// Size of the window.
const WINDOW: u64 = 128 * 1024;

/// A source over a JavaScript value.
#[derive(Debug, Clone)]
pub(super) struct JsSource {
    from: From,
    len: u64,
    window: Rc<RefCell<Window>>,
}

#[derive(Debug, Clone)]
enum From {
    Bytes(Uint8Array),
    Reader(JsValue, Function),
}

#[derive(Debug, Default)]
struct Window {
    start: u64,
    bytes: Vec<u8>,
}

impl JsSource {
    /// Reads a value of type `Source`. Errors call it `what`.
    pub(super) fn new(value: &JsValue, what: &str) -> Result<Self, Error> {
        let wrong = |words: &str| Error::new(Code::BadArgument, format!("`{what}` {words}"));
        if let Some(bytes) = value.dyn_ref::<Uint8Array>() {
            let len = u64::from(bytes.length());
            return Ok(Self { from: From::Bytes(bytes.clone()), len, window: Rc::default() });
        }
        let get = |key: &str| Reflect::get(value, &key.into()).ok();
        let read = get("read").and_then(|read| read.dyn_into::<Function>().ok());
        let read = read.ok_or_else(|| wrong("is neither a Uint8Array nor an object with `size` and `read`"))?;
        let size = get("size").and_then(|size| size.as_f64());
        let size = size.filter(|size| size.fract() == 0.0 && (0.0..9e15).contains(size));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
        let len = size.ok_or_else(|| wrong("has no `size` that is a number of bytes"))? as u64;
        Ok(Self { from: From::Reader(value.clone(), read), len, window: Rc::default() })
    }

    #[expect(clippy::cast_precision_loss, reason = "sizes were checked to be exact")]
    fn fill(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        let wanted = offset + buffer.len() as u64;
        let piece = match &self.from {
            From::Bytes(bytes) => {
                let place = |at: u64| u32::try_from(at).unwrap_or(u32::MAX);
                bytes.subarray(place(offset), place(wanted))
            }
            From::Reader(this, read) => {
                let failed = |message: String| SourceError::Io { offset, message };
                let (at, len) = (offset as f64, buffer.len() as f64);
                let read = read.call2(this, &at.into(), &len.into()).map_err(|thrown| failed(words(&thrown)))?;
                read.dyn_into::<Uint8Array>().map_err(|_| failed("`read` gave no Uint8Array".into()))?
            }
        };
        if piece.length() as usize != buffer.len() {
            return Err(SourceError::Shrank { wanted, actual: offset + u64::from(piece.length()) });
        }
        piece.copy_to(buffer);
        Ok(())
    }
}

impl ByteSource for JsSource {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        let wanted = offset.saturating_add(buffer.len() as u64);
        if wanted > self.len {
            return Err(SourceError::Shrank { wanted, actual: self.len });
        }
        // If a source calls back into the session during a read, the window is taken; read directly then.
        let Ok(mut window) = self.window.try_borrow_mut() else { return self.fill(offset, buffer) };
        if buffer.len() > SMALL {
            return self.fill(offset, buffer);
        }
        let there = |window: &Window| {
            let from = usize::try_from(offset.checked_sub(window.start)?).ok()?;
            Some(from..from + buffer.len()).filter(|range| range.end <= window.bytes.len())
        };
        let range = match there(&window) {
            Some(range) => range,
            None => {
                let len = usize::try_from(WINDOW.min(self.len - offset)).unwrap_or(buffer.len());
                let mut bytes = std::mem::take(&mut window.bytes);
                bytes.resize(len, 0);
                self.fill(offset, &mut bytes)?;
                *window = Window { start: offset, bytes };
                0..buffer.len()
            }
        };
        buffer.copy_from_slice(window.bytes.get(range).unwrap_or_default());
        Ok(())
    }

    /// Reads the last byte again, because the content of the window may belong to a file that no longer exists.
    fn still_whole(&self) -> Result<(), SourceError> {
        match self.len.checked_sub(1) {
            Some(last) => self.fill(last, &mut [0]),
            None => Ok(()),
        }
    }
}

/// The message of a thrown value.
fn words(thrown: &JsValue) -> String {
    let message = Reflect::get(thrown, &"message".into()).ok().and_then(|message| message.as_string());
    message.or_else(|| thrown.as_string()).unwrap_or_else(|| "the source threw".into())
}
