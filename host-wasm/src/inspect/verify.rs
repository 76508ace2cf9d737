//! Verification of an open session with its sidecar, store and v1 files. Core decides what a finding is.
//!
//! Owns: the order of the checks, which is the same as in the native host.
//! Invariant: without SQLite, an existing sidecar gives an error instead of a report.

use super::{Inspector, Progress, done_of};
#[cfg(feature = "sidecar")]
use crate::beside::Beside;
use crate::error::{Code, Error};
use jcode_session_core::finding::Finding;
use jcode_session_core::log::{Dialect, OneThread};
use jcode_session_core::report::{LogReport, VerifyReport};
use jcode_session_core::segment::Depth;
use jcode_session_core::source::ByteSource;
use jcode_session_core::verify::{self, verify_source, verify_store, verify_v1, verify_v1_beside};
use std::ops::ControlFlow;

impl<S: ByteSource + Clone> Inspector<S> {
    /// The report of `verify`.
    ///
    /// # Errors
    /// Fails if the files cannot be read, if the caller cancels, or if the check needs SQLite and this build has none.
    pub fn verify(&self, progress: &mut Progress<'_>) -> Result<VerifyReport, Error> {
        let name = self.files.name.clone();
        let Some(log) = &self.log else {
            let (entries, findings) = verify_v1(self.files.v1(), &mut done_of(2 * self.files.v1_len(), progress))?;
            return Ok(VerifyReport::new(vec![LogReport::new(name, Dialect::JcodeV1, entries, "missing", findings)]));
        };
        if let Some(report) = self.unjudged(progress)? {
            return Ok(VerifyReport::new(vec![report]));
        }
        let beside = if self.files.snapshot.is_some() { self.files.v1_len() } else { 0 };
        let mut tick = done_of(self.session.log().len() + beside, progress);
        let segments = log.findings(Depth::Full)?;
        let (entries, word, mut findings) = self.compare(segments.is_empty(), &mut tick)?;
        let ledger = self.files.ledger()?;
        let as_is = self.session.log().as_is().filter(|_| segments.is_empty()).map(|log| log as &dyn ByteSource);
        findings.extend(segments);
        findings.extend(verify_store(&ledger, &self.files, as_is)?);
        // Without the store's files there is no statement about them.
        if let Some(log) = as_is.filter(|_| !ledger.rows.is_empty()) {
            findings.extend(verify_source(log, &self.files)?);
        }
        if self.files.snapshot.is_some() {
            let sound = !findings.iter().any(Finding::is_error);
            findings.extend(verify_v1_beside(log, sound, self.files.v1(), &mut tick)?);
        }
        Ok(VerifyReport::new(vec![LogReport::new(name, self.session.dialect(), entries, word, findings)]))
    }

    /// The report on a file of an unknown format, whose lines are not judged.
    fn unjudged(&self, progress: &mut Progress<'_>) -> Result<Option<LogReport>, Error> {
        let detected = self.session.detected();
        let Some(finding) = detected.finding() else { return Ok(None) };
        let mut entries = 0;
        if detected.readable().is_ok() {
            let log = self.session.log();
            entries = verify::read(&OneThread, log, &mut done_of(log.len(), progress))?.counts.entries;
        }
        let name = self.files.name.clone();
        Ok(Some(LogReport::new(name, detected.dialect, entries, "missing", vec![finding])))
    }

    /// Compares the log with its sidecar. If bytes of the log are lost, rows are not compared: the segments' findings
    /// say enough.
    #[cfg(feature = "sidecar")]
    fn compare(
        &self,
        whole: bool,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<(u64, &'static str, Vec<Finding>), Error> {
        use jcode_session_native::sidecar::sql;
        let Beside { word, finding, .. } = &self.beside;
        let beside = sql::Beside { word, finding: finding.clone(), fresh: self.session.sidecar().filter(|_| whole) };
        let compared = sql::verify(&OneThread, self.session.log(), beside, tick)?;
        let compared = compared.ok_or_else(|| {
            Error::new(Code::Changed, "the sidecar was changed since it was opened; open the session again")
        })?;
        Ok((compared.entry_count, compared.sidecar, compared.findings))
    }

    #[cfg(not(feature = "sidecar"))]
    fn compare(
        &self,
        _: bool,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<(u64, &'static str, Vec<Finding>), Error> {
        if self.files.sidecar.is_some() {
            let words = "comparing a log with its sidecar takes the build with SQLite; without the sidecar, verify \
                         reads the log alone";
            return Err(Error::new(Code::NeedsSqlite, words));
        }
        let built = verify::read(&OneThread, self.session.log(), tick)?;
        let mut findings = self.session.log().at_origin(built.findings);
        findings.extend(Finding::sidecar_missing(self.session.dialect()));
        Ok((built.counts.entries, "missing", findings))
    }
}
