//! What a log holds of a session beside its messages: top-level fields and side records.
//!
//! Owns: in which order these count.
//! Invariant: they are the session's, not a branch's: all of a log count, in file order, wherever they hang. A rewind
//! takes messages back, as in jcode, and nothing else.
//! Does not: read messages, or copy anything.

use crate::dialect::jcode::compare::past::{self, Known};
use crate::dialect::jcode::read::array::Array;
use crate::dialect::jcode::read::entry::Kind;
use crate::dialect::jcode::read::fields::{Stored, Token};
use crate::log::{Damage, LogScan, LogSink, Record, scan_source};
use crate::source::{ByteSource, SourceError};
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// A side record.
#[derive(Debug, Clone)]
pub(in crate::dialect::jcode) struct Side {
    pub(in crate::dialect::jcode) array: Array,
    /// The entry's id; none if it cannot be used.
    pub(in crate::dialect::jcode) key: Option<String>,
    pub(in crate::dialect::jcode) token: Token,
}

/// Fields and side records of a log.
#[derive(Debug, Default)]
pub(in crate::dialect::jcode) struct Rest {
    pub(in crate::dialect::jcode) fields: Vec<Stored>,
    sides: Vec<Side>,
    dropped: BTreeSet<String>,
}

impl Rest {
    /// Of a log whose header holds these fields.
    pub(in crate::dialect::jcode) fn read<S: ByteSource>(log: &S, header: Vec<Stored>) -> Result<Self, SourceError> {
        let mut found = Found(Vec::new());
        scan_source(log, 0..log.len(), LogScan::new(), &mut found, &mut |_| ControlFlow::Continue(()))?;
        Self::of(log, header, found.0.into_iter())
    }

    /// The same, of entries in file order, each with its id, that were read already.
    pub(in crate::dialect::jcode) fn of<S: ByteSource>(
        log: &S,
        header: Vec<Stored>,
        entries: impl Iterator<Item = (Known, Option<String>)>,
    ) -> Result<Self, SourceError> {
        let mut rest = Self { fields: header, ..Self::default() };
        for (known, key) in entries {
            rest.take(log, &known, key)?;
        }
        Ok(rest)
    }

    /// Takes the log's next entry, whose id is `key`.
    fn take<S: ByteSource>(&mut self, log: &S, known: &Known, key: Option<String>) -> Result<(), SourceError> {
        match known.kind {
            Some(Kind::Meta) => past::apply_meta(&mut self.fields, log, known.payload)?,
            Some(Kind::Drop) => self.dropped.extend(past::dropped(log, known.payload)?),
            Some(Kind::EnvSnapshot | Kind::MemoryInjection | Kind::ReplayEvent) => {
                let array = known.kind.and_then(Kind::array);
                self.sides.extend(array.map(|array| Side { array, key, token: known.payload }));
            }
            _ => {}
        }
        Ok(())
    }

    /// The side records that are part of the session.
    pub(in crate::dialect::jcode) fn sides(&self) -> impl Iterator<Item = &Side> {
        self.sides.iter().filter(|side| !side.key.as_ref().is_some_and(|key| self.dropped.contains(key)))
    }
}

/// The entries of a log that are neither messages nor another program's.
struct Found(Vec<(Known, Option<String>)>);

impl LogSink for Found {
    fn header(&mut self, _: &Record<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        // Nearly all entries are messages.
        if entry.fields.custom_type.is_some() {
            let known = past::classify(entry);
            let key = || entry.fields.usable_id().map(|id| id.to_string());
            self.0.extend(known.kind.map(|_| (known, key())));
        }
        ControlFlow::Continue(())
    }

    fn damage(&mut self, _: Damage) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
