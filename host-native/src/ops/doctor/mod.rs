//! The doctor: cheap checks over all sessions of some folders, and cures.
//!
//! Owns: the checks over many sessions, and the cures that cannot lose anything.
//! Invariant: without `fix` nothing is written, not even the session index. With `fix` only disposable files change:
//! sidecars and the session index are rebuilt, and our own temporary files are removed once they are older than a day.
//! Large logs are not read whole; `verify` does that.

mod files;
mod health;

use crate::catalog::{self, Catalog, Keep, Listed};
use crate::ops::{ledger, verify};
use crate::os::log_file::LogFile;
use crate::os::path_text::shown;
use crate::session::kind;
use crate::sidecar::look::{Look, look};
use crate::sidecar::rebuild;
use crate::sidecar::{self, Sidecar};
use jcode_session_core::dialect::{Detected, FileKind};
use jcode_session_core::finding::{Code, Finding};
use jcode_session_core::log::Dialect;
use jcode_session_core::report::{DoctorReport, DoctorSessions, PathFinding};
use jcode_session_core::store::ledger::Event;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// The doctor's task.
#[derive(Debug, Clone)]
pub struct Examination {
    /// The home whose session index is checked.
    pub home: PathBuf,
    /// The folders whose sessions are checked.
    pub roots: Vec<PathBuf>,
    /// Rebuild sidecars and the session index, and remove old temporary files.
    pub fix: bool,
}

/// Examines all sessions. The report describes the state after the cures.
#[must_use]
pub fn examine(what: &Examination) -> DoctorReport {
    let catalog = Catalog::new(&what.home, &what.roots);
    if what.fix {
        for session in &catalog.refresh(Keep::Nothing).sessions {
            mend_sidecar(session);
        }
        // After the sidecars, because the rows take their counts from them.
        let _ = catalog.refresh(Keep::Store);
    }
    let refreshed = catalog.refresh(Keep::Nothing);
    let mut report = Report::default();
    report.sessions.stale_index_rows = refreshed.stale_rows;
    if let Some(why) = refreshed.unusable {
        report.found(&catalog::file_path(&what.home), Finding::new(Code::SessionIndex).say(why));
    } else if refreshed.stale_rows > 0 {
        let n = refreshed.stale_rows;
        let words =
            format!("{n} rows are of sessions that changed or are gone; the next `list` brings them up to date");
        report.found(&catalog::file_path(&what.home), Finding::new(Code::SessionIndex).say(words));
    }
    for problem in refreshed.unreadable {
        let words = format!("cannot be looked into ({}); what is in it is not listed, see to its mode", problem.source);
        report.found(&problem.path, Finding::new(Code::Unreadable).say(words));
    }
    for session in &refreshed.sessions {
        report.session(session);
    }
    for path in &refreshed.others {
        match kind::judge(path) {
            Ok(detected) => detected.iter().for_each(|detected| report.other(path, detected)),
            Err(error) => report.found(path, health::unreadable(&error)),
        }
    }
    for root in &what.roots {
        files::look(root, what.fix, &mut report);
    }
    DoctorReport::new(report.sessions, report.findings)
}

/// The report while it grows.
#[derive(Debug, Default)]
struct Report {
    sessions: DoctorSessions,
    findings: Vec<PathFinding>,
}

impl Report {
    fn found(&mut self, path: &Path, finding: Finding) {
        self.findings.push(PathFinding { path: shown(path), finding });
    }

    /// Reports a file that is named like a session and is none: an error if a session may be lost in it, else a
    /// warning.
    fn other(&mut self, path: &Path, detected: &Detected) {
        self.sessions.not_sessions += 1;
        let is_damage = matches!(&detected.kind, FileKind::Other(other) if other.what.is_damage());
        let finding = detected.finding().map(|finding| if is_damage { finding } else { finding.harmless() });
        finding.into_iter().for_each(|finding| self.found(path, finding));
    }

    fn session(&mut self, session: &Listed) {
        self.sessions.count += 1;
        self.sessions.total_bytes += session.summary.size_bytes;
        if session.summary.dialect.is_some_and(Dialect::has_sidecar) {
            self.sidecar(session);
        }
        for finding in health::check(session).into_iter().chain(verify::names::findings(&session.path)) {
            self.found(&session.path, finding);
        }
        self.ledger(&session.path);
    }

    fn sidecar(&mut self, session: &Listed) {
        // A migration that only built the sidecar left no row in a ledger.
        let migrated_at = sidecar::written_meta(&session.path).and_then(|meta| meta.migrated_at);
        self.sessions.last_migrate = self.sessions.last_migrate.max(migrated_at);
        if sidecar::untouched_meta(&session.path).is_some() {
            self.sessions.with_sidecar += 1;
            return;
        }
        let Ok(mut log) = LogFile::open(&session.path) else { return };
        log.map_if_guarded();
        match sidecar::open(&log) {
            Ok(Sidecar::Fresh { .. } | Sidecar::Grown(_) | Sidecar::Locked) => {
                self.sessions.with_sidecar += 1;
                if matches!(look(&log, &mut |_| ControlFlow::Continue(())), Ok(Look::Differs)) {
                    let words = "rows of the sidecar differ from the log; `doctor --fix` or `migrate` rebuilds it";
                    self.found(&session.path, Finding::new(Code::RowDiffers).say(words));
                }
            }
            Ok(Sidecar::Corrupt(why)) => {
                let words = format!("the sidecar cannot be read ({why}); `doctor --fix` or `migrate` rebuilds it");
                self.found(&session.path, Finding::new(Code::SidecarCorrupt).say(words));
            }
            Ok(Sidecar::Stale | Sidecar::OtherSchema) => {
                let words = "the sidecar is of another state of the log; `doctor --fix` or `migrate` rebuilds it";
                self.found(&session.path, Finding::new(Code::SidecarStale).say(words));
            }
            Ok(sidecar @ Sidecar::InTheWay(_)) => {
                sidecar.finding(Dialect::TreeV3).into_iter().for_each(|finding| self.found(&session.path, finding));
            }
            // The coverage numbers already show how many sessions have no sidecar.
            Ok(Sidecar::Missing) | Err(_) => {}
        }
    }

    fn ledger(&mut self, log: &Path) {
        let Ok(ledger) = ledger::read(log) else { return };
        let migrations = ledger.rows.iter().filter(|row| row.event == Event::Migrate);
        let newest = migrations.filter_map(|row| jcode_session_core::log::time::parse_text(&row.timestamp)).max();
        self.sessions.last_migrate = self.sessions.last_migrate.max(newest);
        for finding in verify::store_files::glance(log, &ledger) {
            self.sessions.missing_checkpoints += u64::from(finding.code == Code::CheckpointMissing);
            self.found(log, finding);
        }
    }
}

/// Brings a sidecar up to date that exists and does not match its log.
fn mend_sidecar(session: &Listed) {
    if !session.summary.dialect.is_some_and(Dialect::has_sidecar) || sidecar::untouched_meta(&session.path).is_some() {
        return;
    }
    let Ok(mut log) = LogFile::open(&session.path) else { return };
    if matches!(sidecar::open(&log), Ok(Sidecar::Missing | Sidecar::Locked | Sidecar::InTheWay(_)) | Err(_)) {
        return;
    }
    log.map_if_guarded();
    // If a writer has the session open, the writer keeps the sidecar up to date.
    let _ = rebuild::update(&log, false, &mut |_| ControlFlow::Continue(()));
}
