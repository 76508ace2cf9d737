//! Arguments from JavaScript.
//!
//! Owns: reading `Files`, options and `progress`.
//! Invariant: an argument of the wrong form gives an error that names it.

use super::source::JsSource;
use crate::error::{Code, Error};
use crate::inspect::{Files, SearchOptions};
use js_sys::{Function, Object, Reflect};
use std::ops::ControlFlow;
use wasm_bindgen::{JsCast, JsValue};

/// Default for the number of hits.
const HITS: f64 = 1000.0;

/// A value of type `Files`.
pub(super) struct OpenFiles(pub(super) Files<JsSource>);

impl OpenFiles {
    pub(super) fn read(value: &JsValue) -> Result<Self, Error> {
        let wrong = |words: &str| Error::new(Code::BadArgument, words);
        if !value.is_object() {
            return Err(wrong("`files` is no object; it has to name the files of one session"));
        }
        let name = get(value, "name").and_then(|name| name.as_string());
        let mut files = Files::none(&name.ok_or_else(|| wrong("`files.name` is no text"))?);
        files.log = source(value, "log")?;
        files.sidecar = source(value, "sidecar")?;
        if let Some(v1) = get(value, "v1") {
            files.snapshot = source(&v1, "snapshot")?;
            files.journal = source(&v1, "journal")?;
            files.backup = source(&v1, "backup")?;
        }
        if let Some(store) = get(value, "store") {
            let store: Object = store.dyn_into().map_err(|_| wrong("`files.store` is no object"))?;
            for name in Object::keys(&store).iter().filter_map(|name| name.as_string()) {
                files.store.extend(source(&store, &name)?.map(|source| (name, source)));
            }
        }
        #[expect(clippy::cast_possible_truncation, reason = "saturates")]
        let modified = get(value, "modified").and_then(|time| time.as_f64()).unwrap_or_default() as i64;
        files.modified = modified;
        Ok(Self(files))
    }
}

/// A value of type `SearchOptions`.
pub(super) fn search(value: &JsValue) -> Result<SearchOptions, Error> {
    if !(value.is_undefined() || value.is_null() || value.is_object()) {
        return Err(Error::new(Code::BadArgument, "`options` is no object"));
    }
    let number = |key: &str| get(value, key).and_then(|number| number.as_f64());
    Ok(SearchOptions {
        case_sensitive: get(value, "caseSensitive").is_some_and(|flag| flag.is_truthy()),
        limit: super::count(number("limit").unwrap_or(HITS)).max(1),
        from: super::number(number("from").unwrap_or_default()),
        bytes: number("bytes").map_or(u64::MAX, super::number),
    })
}

/// The receiver of progress.
pub(super) struct Told(Option<Function>);

impl Told {
    pub(super) const fn new(progress: Option<Function>) -> Self {
        Self(progress)
    }

    /// A callback that passes on progress. `false` or an exception from the receiver cancels.
    #[expect(clippy::cast_precision_loss, reason = "a progress need not be exact")]
    pub(super) fn tell(self) -> impl FnMut(u64, u64) -> ControlFlow<()> {
        move |done, total| {
            let Some(progress) = &self.0 else { return ControlFlow::Continue(()) };
            match progress.call2(&JsValue::UNDEFINED, &(done as f64).into(), &(total as f64).into()) {
                Ok(answer) if answer != JsValue::FALSE => ControlFlow::Continue(()),
                _ => ControlFlow::Break(()),
            }
        }
    }
}

/// A property that is neither undefined nor null.
fn get(value: &JsValue, key: &str) -> Option<JsValue> {
    Reflect::get(value, &key.into()).ok().filter(|found| !found.is_undefined() && !found.is_null())
}

fn source(value: &JsValue, key: &str) -> Result<Option<JsSource>, Error> {
    get(value, key).map(|found| JsSource::new(&found, key)).transpose()
}
