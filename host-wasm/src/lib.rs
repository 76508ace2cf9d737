//! The wasm host of jcode-session: the same core, for browsers and Node.
//!
//! Owns: what a page or a script can ask of a log whose bytes it holds: the reports of `verify` and `tree`.
//! Invariant: the reports are those of the command line, made by the same core; nothing is sent anywhere.
//! Does not: read files, or sidecars.

use jcode_session_core::index::{Built, IndexBuilder};
use jcode_session_core::log::{LogScan, scan_source};
use jcode_session_core::report::{LogReport, TreeReport, VerifyReport};
use jcode_session_core::source::{ByteSource, SliceSource, SourceError};
use jcode_session_core::upgrade::{Presented, Sniffed, present};
use jcode_session_core::verify::Finding;
use std::ops::ControlFlow;
use wasm_bindgen::prelude::wasm_bindgen;

/// The report of `verify --json` for one log, as JSON text. There is no sidecar to compare it with.
///
/// # Errors
/// A message, if the bytes cannot be read.
#[wasm_bindgen]
pub fn verify(name: &str, bytes: &[u8]) -> Result<String, String> {
    let (sniffed, presented, built) = read(bytes).map_err(|error| error.to_string())?;
    let mut findings = built.findings;
    for finding in &mut findings {
        finding.byte_offset = finding.byte_offset.map(|offset| presented.origin(offset));
    }
    let report = LogReport {
        path: name.to_string(),
        ok: !findings.iter().any(Finding::is_error),
        dialect: Some(sniffed.dialect),
        entry_count: built.counts.entries,
        sidecar: "missing",
        findings,
    };
    serde_json::to_string(&VerifyReport::new(vec![report])).map_err(|error| error.to_string())
}

/// The report of `tree --json` for one log, as JSON text. `name` is the session's id if the log's header has none.
///
/// # Errors
/// A message, if the bytes cannot be read.
#[wasm_bindgen]
pub fn tree(name: &str, bytes: &[u8]) -> Result<String, String> {
    let (sniffed, _, built) = read(bytes).map_err(|error| error.to_string())?;
    let id = sniffed.header.and_then(|header| header.session_id).unwrap_or_else(|| name.to_string());
    serde_json::to_string(&TreeReport::new(id, built.tree())).map_err(|error| error.to_string())
}

type Read<'a> = (Sniffed, Presented<SliceSource<'a>>, Built<()>);

fn read(bytes: &[u8]) -> Result<Read<'_>, SourceError> {
    let mut tick = |_| ControlFlow::Continue(());
    let (sniffed, presented) = present(SliceSource(bytes), &mut tick)?;
    let mut builder = IndexBuilder::with_findings(());
    let end = scan_source(&presented, 0..presented.len(), LogScan::full(), &mut builder, &mut tick)?;
    Ok((sniffed, presented, builder.finish_at(&end)))
}
