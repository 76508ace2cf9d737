//! A cheap check of one log.
//!
//! Owns: which check a session gets. Small logs are read whole; of a large log the last 64 KiB, and the counts in its
//! sidecar.
//! Invariant: `verify` finds everything that this check finds.

use crate::catalog::Listed;
use crate::ops::verify;
use crate::os::log_file::LogFile;
use crate::sidecar;
use jcode_session_core::catalog::SMALL_LOG;
use jcode_session_core::dialect::{FileKind, PresentError, detect, present};
use jcode_session_core::finding::{Code, Finding};
use jcode_session_core::log::{Damage, Dialect, OneThread, torn_batch};
use jcode_session_core::segment::Depth;
use jcode_session_core::source::{ByteSource, SliceSource, SourceError};
use jcode_session_core::verify::read;
use std::ops::ControlFlow;

const TAIL: u64 = 64 * 1024;

/// The findings about a session's log or v1 files.
pub(super) fn check(session: &Listed) -> Vec<Finding> {
    let small = session.summary.size_bytes <= SMALL_LOG;
    let checked = match session.summary.dialect.is_some_and(Dialect::is_snapshot) {
        true if small => {
            let report = verify::verify(&session.path, &mut |_| ControlFlow::Continue(()));
            return report.map_or_else(|error| vec![unreadable(&error)], |report| report.findings);
        }
        true => return Vec::new(),
        false => LogFile::open(&session.path).map_err(|error| unreadable(&error)).and_then(|log| {
            let checked = if small { whole(&log) } else { ends(&log) };
            let depth = if small { Depth::Full } else { Depth::Glance };
            let sealed = log.findings(depth);
            let both = checked.and_then(|found| Ok([found, sealed?].concat()));
            both.map_err(|error| unreadable(&error))
        }),
    };
    checked.unwrap_or_else(|finding| vec![finding])
}

pub(super) fn unreadable(error: &dyn std::error::Error) -> Finding {
    Finding::new(Code::Unreadable).say(format!("{error}; see to its mode, and to the disk"))
}

fn whole(log: &LogFile) -> Result<Vec<Finding>, SourceError> {
    let bytes = log.read_vec(0, usize::try_from(log.len()).unwrap_or_default())?;
    let detected = detect(&SliceSource(&bytes))?;
    if let Some(finding) = detected.finding() {
        return Ok(vec![finding]);
    }
    let presented = match present(SliceSource(&bytes), &detected, &mut |_| ControlFlow::Continue(())) {
        Ok(presented) => presented,
        Err(PresentError::Source(error)) => return Err(error),
        Err(_) => return Ok(Vec::new()),
    };
    let built = read(&OneThread, &presented, &mut |_| ControlFlow::Continue(()))?;
    Ok(presented.at_origin(built.findings))
}

fn ends(log: &LogFile) -> Result<Vec<Finding>, SourceError> {
    let detected = detect(log)?;
    if let Some(finding) = detected.finding() {
        return Ok(vec![finding]);
    }
    if detected.kind == FileKind::Foreign {
        // Its agent may be writing the end just now, and the doctor could not mend it anyway.
        return Ok(Vec::new());
    }
    let mut findings = Vec::new();
    if detected.kind == FileKind::Headless {
        findings.push(Finding::from_damage(Damage::no_header()));
    }
    let from = log.len().saturating_sub(TAIL);
    let tail = log.read_vec(from, usize::try_from(log.len() - from).unwrap_or_default())?;
    let torn = |what: &str| Finding { byte_offset: Some(log.len()), ..Finding::new(Code::TornTail).say(what) };
    if let Some(torn) = torn_batch(log)? {
        let words = "the last batch of entries is incomplete; `verify` tells how many of them are there";
        findings.push(Finding { byte_offset: Some(torn.offset), ..Finding::new(Code::TornBatch).say(words) });
    }
    if tail.last() == Some(&0) {
        findings.push(
            Finding { byte_offset: Some(log.len() - 1), ..Finding::new(Code::NulRun) }
                .say("the log ends in NUL bytes; `verify` locates them, `repair` sets them aside"),
        );
    } else if tail.last() != Some(&b'\n') {
        findings.push(torn("the last line has no line feed; `verify` tells whether it is whole"));
    }
    if let Some(meta) = sidecar::quick_meta(log.path()) {
        let counted = [
            (meta.counts.damages, Code::InvalidJson, "damaged lines or fields"),
            (meta.counts.duplicates, Code::DuplicateId, "entries whose id is taken"),
            (meta.counts.orphans, Code::MissingParent, "entries whose parent is missing"),
        ];
        for (count, code, what) in counted.into_iter().filter(|(count, ..)| *count > 0) {
            findings.push(Finding::new(code).say(format!("{count} {what}; `verify` locates them")));
        }
    }
    Ok(findings)
}
