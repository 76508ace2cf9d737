//! The sessions of this machine as Parquet files, four tables a day.
//!
//! Owns: which sessions are exported, and to which day each belongs.
//! Invariant: a file is a function of the logs that began that day, and is replaced whole: the same logs give the same
//! bytes, a reader sees the old file or the new one. Rows of sessions that are gone here stay. Nothing is written but
//! below the target, and for a cloud in the system's folder for temporary files.

mod day;
mod error;
mod form;
mod own;
mod read;
mod target;
mod words;
mod write;

use crate::memory::Home;
use day::Day;
use jcode_session_core::fleet::{Texts, day_of};
use jcode_session_core::log::time;
use jcode_session_core::redact::Redactor;
use jcode_session_core::report::ParquetReport;
use jcode_session_native::catalog::{Catalog, Keep};
use jcode_session_native::session::SessionError;
use jcode_session_native::session::discover::Unreadable;
use own::{Own, once};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use words::Wording;

pub use error::ExportError;
pub use target::{Target, Unfit};
pub use words::LeftOut;

/// What is exported.
#[derive(Debug)]
pub struct Export {
    /// The home, which names the machine.
    pub home: PathBuf,
    /// Where sessions are looked for.
    pub roots: Vec<PathBuf>,
    /// Where the tables go.
    pub to: Target,
    /// Which texts stand in them.
    pub texts: Texts,
    /// What is left out of them; nothing if there is none.
    pub redactor: Option<Redactor>,
}

/// What was exported.
#[derive(Debug)]
pub struct Exported {
    /// The report.
    pub report: ParquetReport,
    /// What was left out of the files that were written.
    pub left_out: LeftOut,
    /// What could not be looked into.
    pub unreadable: Vec<Unreadable>,
    /// Sessions that could not be read, which are in no table.
    pub failed: Vec<SessionError>,
    /// The user stopped the run.
    pub stopped: bool,
}

/// Writes the tables of all days whose sessions changed.
///
/// # Errors
/// Fails if the target cannot be written. A session that cannot be read stops nothing.
pub fn export(what: Export, stopped: &dyn Fn() -> bool, tick: &dyn Fn()) -> Result<Exported, ExportError> {
    what.to.check()?;
    let refreshed = Catalog::new(&what.home, &what.roots).refresh(Keep::Store);
    let machine = machine(&Home::new(&what.home).label());
    let mut days: BTreeMap<i32, Vec<Own>> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for own in once(refreshed.sessions.into_iter().map(|listed| Own::of(listed.path, &listed.summary))) {
        ids.insert(own.facts.session_id.clone());
        days.entry(day_of(own.facts.started_at)).or_default().push(own);
    }
    let mut exported = Exported {
        report: ParquetReport::new(machine.clone()),
        left_out: LeftOut::default(),
        unreadable: refreshed.unreadable,
        failed: Vec::new(),
        stopped: false,
    };
    let mut words = Wording::new(what.redactor);
    for (day, sessions) in days {
        let (date, ids) = (date(day), &ids);
        let day = Day { target: &what.to, date, machine: &machine, texts: what.texts, ids, stopped, tick };
        let told = if stopped() { None } else { day.export(sessions, &mut words)? };
        let Some(told) = told else {
            exported.stopped = true;
            break;
        };
        exported.report.days.push(told.day);
        exported.left_out.add(told.left_out);
        exported.failed.extend(told.failed);
    }
    Ok(exported)
}

/// A day as RFC 3339 has it.
fn date(day: i32) -> String {
    let text = time::format(i64::from(day) * 86_400_000).unwrap_or_default();
    text.get(..10).unwrap_or("unknown").to_string()
}

/// The machine's label as a name of a folder.
fn machine(label: &str) -> String {
    let mut name = String::new();
    for c in label.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') {
            name.push(c);
        } else {
            let _ = write!(name, "-");
        }
    }
    if name.trim_matches('.').is_empty() { "here".to_string() } else { name }
}
