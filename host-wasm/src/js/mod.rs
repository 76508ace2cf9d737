//! The JavaScript API.
//!
//! If you change a call or its values, then change `jcode_session_wasm.d.ts` too, which describes them.
//!
//! Owns: the mapping of calls, values and exceptions. [`crate::inspect`] answers the questions.
//! Invariant: for any argument the outcome is a value or an exception with a code. A panic becomes an exception with
//! the code `internal`.

mod args;
mod source;
mod throw;

use crate::error::{Code, Error};
use crate::inspect::{Inspector, MAX_LINE};
use args::{OpenFiles, Told};
use js_sys::{Function, Uint8Array};
use serde::Serialize;
use source::JsSource;
use std::cell::RefCell;
use throw::{guarded, throw};
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

/// Turns panics into exceptions.
#[wasm_bindgen(start)]
pub fn start() {
    throw::install();
}

/// Version of this package.
#[wasm_bindgen]
#[must_use]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_string()
}

/// True in the build that reads sidecars.
#[wasm_bindgen(js_name = hasSqlite)]
#[must_use]
pub fn has_sqlite() -> bool {
    cfg!(feature = "sidecar")
}

/// One session, open for reading.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Session {
    inner: RefCell<Inspector<JsSource>>,
}

type Answer = Result<JsValue, JsValue>;

/// Asks the session. `progress` may call back into the session, which is busy then.
fn ask<T>(
    session: &Session,
    question: impl FnOnce(&mut Inspector<JsSource>) -> Result<T, Error>,
) -> Result<T, JsValue> {
    guarded()?;
    let busy = || Error::new(Code::Busy, "the session is answering another call; ask once that has returned");
    let mut inner = session.inner.try_borrow_mut().map_err(|_| throw(busy()))?;
    question(&mut inner).map_err(throw)
}

/// Like [`ask`], for answers that are reports.
fn report<T: Serialize>(
    session: &Session,
    question: impl FnOnce(&mut Inspector<JsSource>) -> Result<T, Error>,
) -> Answer {
    let answer = ask(session, question)?;
    let text = serde_json::to_string(&answer).map_err(|e| throw(Error::new(Code::Internal, e.to_string())))?;
    js_sys::JSON::parse(&text)
}

fn number(value: f64) -> u64 {
    // The cast saturates; NaN becomes 0.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "that is what is wanted of it")]
    let number = value as u64;
    number
}

fn count(value: f64) -> usize {
    usize::try_from(number(value)).unwrap_or(usize::MAX)
}

fn max(value: Option<f64>) -> u64 {
    value.map_or(MAX_LINE, number)
}

#[wasm_bindgen]
impl Session {
    /// Opens a session.
    ///
    /// # Errors
    /// The errors of the type declaration; the same holds for all methods here.
    pub fn open(files: &JsValue, progress: Option<Function>) -> Result<Session, JsValue> {
        guarded()?;
        let files = OpenFiles::read(files).map_err(throw)?;
        let inner = Inspector::open(files.0, &mut Told::new(progress).tell()).map_err(throw)?;
        Ok(Self { inner: RefCell::new(inner) })
    }

    /// The summary.
    pub fn summary(&self) -> Answer {
        report(self, |session| session.summary())
    }

    /// True if answers need no pass over the log.
    #[wasm_bindgen(js_name = hasIndex)]
    pub fn has_index(&self) -> Result<bool, JsValue> {
        ask(self, |session| Ok(session.has_index()))
    }

    /// Finds all entries.
    pub fn index(&self, progress: Option<Function>) -> Result<(), JsValue> {
        ask(self, |session| session.index(&mut Told::new(progress).tell()))
    }

    /// The last entries of the active path.
    pub fn tail(&self, entries: f64, max_bytes: Option<f64>) -> Answer {
        report(self, |session| session.tail(count(entries), max(max_bytes)))
    }

    /// The tree.
    pub fn tree(&self) -> Answer {
        report(self, Inspector::tree)
    }

    /// The runs of the tree.
    pub fn outline(&self) -> Answer {
        report(self, Inspector::outline)
    }

    /// The labels that hold.
    pub fn labels(&self) -> Answer {
        report(self, |session| Ok(session.tree()?.tree.labels))
    }

    /// Entries in log order.
    pub fn page(&self, first: f64, entries: f64, max_bytes: Option<f64>) -> Answer {
        report(self, |session| session.page(number(first), count(entries), max(max_bytes)))
    }

    /// A path.
    pub fn path(&self, leaf: Option<String>) -> Answer {
        report(self, |session| session.path(leaf.as_deref()))
    }

    /// Entries of a path.
    #[wasm_bindgen(js_name = pathPage)]
    pub fn path_page(&self, leaf: Option<String>, first: f64, entries: f64, max_bytes: Option<f64>) -> Answer {
        report(self, |session| session.path_page(leaf.as_deref(), number(first), count(entries), max(max_bytes)))
    }

    /// One entry.
    pub fn entry(&self, key: &str, max_bytes: Option<f64>) -> Answer {
        report(self, |session| session.entry(key, max(max_bytes)))
    }

    /// The place of an entry.
    pub fn place(&self, key: &str) -> Answer {
        report(self, |session| session.place(key))
    }

    /// The key of the entry whose line holds a byte of the log.
    #[wasm_bindgen(js_name = entryAt)]
    pub fn entry_at(&self, offset: f64) -> Answer {
        report(self, |session| session.entry_at(number(offset)))
    }

    /// Bytes of an entry's record.
    pub fn raw(&self, key: &str, from: Option<f64>, length: Option<f64>) -> Result<Uint8Array, JsValue> {
        let bytes = ask(self, |session| session.raw(key, from.map_or(0, number), length.map(number)))?;
        Ok(Uint8Array::from(bytes.as_slice()))
    }

    /// The entries that hold a text.
    pub fn search(&self, text: &str, options: &JsValue, progress: Option<Function>) -> Answer {
        let options = args::search(options).map_err(throw)?;
        report(self, |session| session.search(text, options, &mut Told::new(progress).tell()))
    }

    /// Entries over time.
    pub fn timeline(&self, buckets: f64) -> Answer {
        report(self, |session| session.timeline(count(buckets)))
    }

    /// The report of `verify`.
    pub fn verify(&self, progress: Option<Function>) -> Answer {
        report(self, |session| session.verify(&mut Told::new(progress).tell()))
    }
}
