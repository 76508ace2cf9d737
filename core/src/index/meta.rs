//! The metadata of a stored index: what it covers, and how to go on.
//!
//! Owns: [`IndexMeta`], and how it follows from a full build and from a catch-up.
//! Invariant: both ways give the same of the same log, times and stamps aside.
//! Does not: know its stored form; that is [`super::meta_rows`].

use super::built::Built;
use super::counts::{Counts, Totals};
use super::tree_checksum::TreeChecksum;
use crate::log::{OpenLine, ScanEnd};
use crate::source::identity::{FileStamp, Fingerprint};
use crate::source::{ByteSource, SourceError};
use alloc::string::{String, ToString};

/// Everything in `metadata`: what the index covers and how to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexMeta {
    /// Id in the header, or the file's stem.
    pub session_id: String,
    /// The log's file as it was indexed; `len` is the indexed length.
    pub stamp: FileStamp,
    /// Its content as it was indexed.
    pub fingerprint: Fingerprint,
    /// Numbers.
    pub counts: Counts,
    /// Checksum of the tree.
    pub check: TreeChecksum,
    /// Key of the last entry.
    pub active_leaf: Option<String>,
    /// When this was written, Unix milliseconds.
    pub indexed_at: i64,
    /// Bytes of the log known to be on the disk; 0 where nothing is known.
    pub synced_len: u64,
    /// Where a catch-up goes on.
    pub resume: Resume,
    /// Boot during which the file was changed last without a sync; `None` once it is synced.
    pub unsynced_boot: Option<String>,
    /// What the host says about the files that the log was migrated from, as of the last migration.
    pub migrated_from: Option<String>,
    /// When a migration built this or brought it up to date last, Unix milliseconds.
    pub migrated_at: Option<i64>,
}

/// Where a catch-up goes on scanning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resume {
    /// It cannot: the log must be indexed anew once it grows.
    Rebuild,
    /// At this offset, behind that many lines.
    At {
        /// Offset.
        offset: u64,
        /// Lines before it.
        lines: u64,
        /// A record stands before it.
        record_seen: bool,
        /// The next byte must be an LF: the last indexed record lacked it.
        expect_lf: bool,
    },
}

impl Resume {
    /// Where to go on behind a finished scan.
    #[must_use]
    pub fn after(end: &ScanEnd) -> Self {
        match end.open_line {
            OpenLine::Salvaged => Self::Rebuild,
            _ if end.held => Self::Rebuild,
            open => Self::At {
                offset: end.resume_at,
                lines: end.lines,
                record_seen: end.record_seen,
                expect_lf: open == OpenLine::Whole,
            },
        }
    }

    /// Where to go on behind so many more whole lines with records, of which the last one ends before `to`.
    #[must_use]
    pub const fn behind(self, more: u64, to: u64) -> Self {
        match self {
            Self::Rebuild => Self::Rebuild,
            Self::At { lines, record_seen, expect_lf, .. } => Self::At {
                offset: to,
                lines: lines + more,
                record_seen: record_seen || more > 0,
                expect_lf: expect_lf && more == 0,
            },
        }
    }
}

/// What a host knows of a log that it has indexed.
#[derive(Debug, Clone, Copy)]
pub struct Observed {
    /// The log's file; `len` is the indexed length.
    pub stamp: FileStamp,
    /// Now, Unix milliseconds.
    pub now_ms: i64,
    /// Bytes of the log that are known to be on the disk; 0 where nothing is known.
    pub synced_len: u64,
}

impl IndexMeta {
    /// The metadata of a finished full build. `fingerprint` was taken before the log was read, so that one which is
    /// rewritten meanwhile is not taken for what was indexed. `stem`: the file's, for a log whose header has no id.
    #[must_use]
    pub fn built<R>(built: &Built<R>, end: &ScanEnd, fingerprint: Fingerprint, observed: Observed, stem: &str) -> Self {
        let session_id = built.header.as_ref().and_then(|header| header.session_id.clone());
        let Totals { counts, check, active_leaf } = built.totals();
        Self {
            session_id: session_id.unwrap_or_else(|| stem.to_string()),
            stamp: observed.stamp,
            fingerprint,
            counts,
            check,
            active_leaf,
            indexed_at: observed.now_ms,
            synced_len: observed.synced_len,
            resume: if built.is_ambiguous() { Resume::Rebuild } else { Resume::after(end) },
            unsynced_boot: None,
            migrated_from: None,
            migrated_at: None,
        }
    }

    /// The metadata after a catch-up, whose totals these are and behind which a later one goes on at `resume`.
    #[must_use]
    pub fn grown(&self, totals: Totals, resume: Resume, fingerprint: Fingerprint, observed: Observed) -> Self {
        let Totals { counts, check, active_leaf } = totals;
        Self { counts, check, active_leaf, fingerprint, resume, ..self.restamped(observed) }
    }

    /// The fingerprint of a log that has only grown; `None` if what was indexed is not what stands there.
    ///
    /// # Errors
    /// If the source cannot be read.
    pub fn fingerprint_grown(
        &self,
        source: &(impl ByteSource + ?Sized),
        len: u64,
    ) -> Result<Option<Fingerprint>, SourceError> {
        let grown = Fingerprint::take(source, len)?;
        // Behind that: the new one must not cover bytes that were rewritten since these were compared.
        let same = Fingerprint::take(source, self.stamp.len)? == self.fingerprint;
        Ok(same.then_some(grown))
    }

    /// The metadata of a log whose bytes are the indexed ones, in a file of another stamp.
    #[must_use]
    pub fn restamped(&self, observed: Observed) -> Self {
        let Observed { stamp, now_ms, synced_len } = observed;
        Self { stamp, indexed_at: now_ms, synced_len: self.synced_len.max(synced_len), ..self.clone() }
    }

    /// What it says of the log as a whole.
    #[must_use]
    pub fn totals(&self) -> Totals {
        Totals { counts: self.counts.clone(), check: self.check, active_leaf: self.active_leaf.clone() }
    }
}
