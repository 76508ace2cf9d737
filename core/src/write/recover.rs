//! Recovery: what a crash left at the end of a log, brought to whole lines.
//!
//! Owns: where a log is cut. With a known synced length: at the first damaged record behind it. Without: only an
//! unterminated last line is set aside. Before the cut the bytes are durable in `quarantine/`.
//! Invariant: nothing below the synced length is cut; a whole record that lacks only its LF is kept and gets it;
//! a crash at any point of recovery leaves a log from which the next recovery gets to the same end.
//! Does not: repair damage that stays; `verify` reports it.

use super::error::OpenError;
use super::quarantine::{QuarantineError, QuarantineName, set_aside};
use super::tail::line_start;
use crate::log::{Damage, DamageCode, LineReader, LogScan, LogSink, OpenLine, Outcome, Record, scan_source};
use crate::source::{ByteSource, Pieces, SourceError};
use crate::storage::{Named, Storage, StorageFile, append_all};
use core::ops::ControlFlow;

/// Bytes that were taken out of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetAside {
    /// The file in `quarantine/`.
    pub name: QuarantineName,
    /// Records that were whole in it, to be had back by `repair`.
    pub records: u64,
}

/// What recovery did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recovery {
    /// Bytes set aside.
    pub set_aside: Option<SetAside>,
    /// The last line lacked its LF and got one.
    pub lf_added: bool,
}

/// What to do with the end of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Plan {
    /// Where it ends afterwards, before an LF is added.
    keep: u64,
    add_lf: bool,
}

/// Brings the log to whole lines and makes all of it durable; the new length.
pub(super) fn recover<S: Storage>(
    storage: &S,
    file: &mut S::File,
    synced_len: Option<u64>,
    now_ms: i64,
) -> Result<(u64, Recovery), OpenError> {
    let log = file.clone();
    let len = log.len();
    let synced = believed(&log, synced_len)?;
    let plan = match synced {
        Some(synced) => behind_synced(&log, synced)?,
        None => last_line(&log, synced_len.unwrap_or_default().min(len))?,
    };
    let mut done = Recovery::default();
    if plan.keep < len {
        let records = count_records(&log, plan.keep)?;
        let name = set_aside(storage, &log, plan.keep..len, now_ms).map_err(|error| match error {
            QuarantineError::Source(error) => OpenError::Source(error),
            QuarantineError::Storage(error) => OpenError::Storage(error),
        })?;
        // Somebody may have written meanwhile; what is cut must be what was copied.
        if file.named()? != Named::Same(len) {
            return Err(OpenError::Changed);
        }
        file.set_len(plan.keep)?;
        done.set_aside = Some(SetAside { name, records });
    }
    if synced.is_none_or(|synced| synced < plan.keep) || synced_len.is_none() || plan.keep < len || plan.add_lf {
        rewrite(file, synced.unwrap_or(plan.keep).min(plan.keep), plan.keep)?;
        if plan.add_lf {
            append_all(file, b"\n")?;
            done.lf_added = true;
        }
        file.sync_data()?;
    }
    Ok((plan.keep + u64::from(plan.add_lf), done))
}

/// A synced length counts only if the log can have been synced at it: it is that long, and a line ends there.
fn believed(log: &impl ByteSource, synced_len: Option<u64>) -> Result<Option<u64>, SourceError> {
    let Some(synced) = synced_len.filter(|&synced| synced <= log.len()) else { return Ok(None) };
    if synced == 0 {
        return Ok(None);
    }
    Ok((log.read_vec(synced - 1, 1)? == b"\n").then_some(synced))
}

/// The plan where it is known what was synced.
fn behind_synced(log: &impl ByteSource, synced: u64) -> Result<Plan, SourceError> {
    let mut first = FirstDamage(None);
    let scan = LogScan::resume_full(synced, 0, true);
    let tick = &mut |_| ControlFlow::Continue(());
    let end = match scan_source(log, synced..log.len(), scan, &mut first, tick) {
        Ok(end) => end,
        Err(SourceError::Interrupted) => {
            return keep_until(log, first.0.unwrap_or(synced));
        }
        Err(error) => return Err(error),
    };
    let open = end.open_line == OpenLine::Whole;
    match end.open_line {
        // Blanks or nothing: no damage, but a line must begin on its own.
        OpenLine::Torn => last_line(log, synced),
        OpenLine::None | OpenLine::Whole | OpenLine::Salvaged => Ok(Plan { keep: log.len(), add_lf: open }),
    }
}

fn keep_until(log: &impl ByteSource, keep: u64) -> Result<Plan, SourceError> {
    let add_lf = keep > 0 && log.read_vec(keep - 1, 1)? != b"\n";
    Ok(Plan { keep, add_lf })
}

/// The plan for an unterminated last line, if it begins at or behind `floor`; below that it only gets its LF.
fn last_line(log: &impl ByteSource, floor: u64) -> Result<Plan, SourceError> {
    let start = line_start(log, log.len())?;
    let line = log.read_vec(start, usize::try_from(log.len() - start).unwrap_or_default())?;
    if line.is_empty() {
        return Ok(Plan { keep: log.len(), add_lf: false });
    }
    let torn = match LineReader::new().read(start, 0, &line, start == 0) {
        Outcome::Blank | Outcome::Whole(_) => None,
        Outcome::Broken(salvaged) => {
            let ends_whole = salvaged.records.last().is_some_and(|record| {
                let end = record.offset + record.bytes.len() as u64;
                line.get(usize::try_from(end - start).unwrap_or_default()..)
                    .is_some_and(|rest| rest.iter().all(|b| b.is_ascii_whitespace()))
            });
            (!ends_whole).then(|| salvaged.torn_rest.unwrap_or(start))
        }
    };
    match torn.filter(|&torn| torn >= floor) {
        Some(torn) => keep_until(log, torn),
        None => Ok(Plan { keep: log.len(), add_lf: true }),
    }
}

/// Stops at the first damage for which a log is cut.
struct FirstDamage(Option<u64>);

impl LogSink for FirstDamage {
    fn header(&mut self, _: &Record<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn entry(&mut self, _: &Record<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn damage(&mut self, damage: Damage) -> ControlFlow<()> {
        let whole = match damage.code {
            // Whole records all the same: other programs write such.
            DamageCode::LoneSurrogate | DamageCode::SecondHeader | DamageCode::NoHeader => true,
            DamageCode::TornTail => damage.all_recovered,
            DamageCode::InvalidJson | DamageCode::InvalidUtf8 | DamageCode::NulRun | DamageCode::FusedRecords => false,
        };
        if whole {
            return ControlFlow::Continue(());
        }
        self.0 = Some(damage.offset);
        ControlFlow::Break(())
    }
}

/// Records from `from` to the end.
pub(crate) fn count_records(log: &impl ByteSource, from: u64) -> Result<u64, SourceError> {
    struct Count(u64);
    impl LogSink for Count {
        fn header(&mut self, _: &Record<'_>) -> ControlFlow<()> {
            self.0 += 1;
            ControlFlow::Continue(())
        }
        fn entry(&mut self, _: &Record<'_>) -> ControlFlow<()> {
            self.0 += 1;
            ControlFlow::Continue(())
        }
        fn damage(&mut self, _: Damage) -> ControlFlow<()> {
            ControlFlow::Continue(())
        }
    }
    let mut count = Count(0);
    let scan = LogScan::resume(from, 0, true);
    scan_source(log, from..log.len(), scan, &mut count, &mut |_| ControlFlow::Continue(()))?;
    Ok(count.0)
}

/// Writes bytes over themselves: after a sync that failed before this opening the host may hold them for clean, and
/// the sync that follows would prove nothing.
fn rewrite<F: StorageFile>(file: &mut F, from: u64, to: u64) -> Result<(), OpenError> {
    let log = file.clone();
    let mut pieces = Pieces::new(&log, from..to);
    while let Some((at, bytes)) = pieces.read()? {
        file.overwrite(at, bytes)?;
    }
    Ok(())
}
