//! Recovery: brings the end of a log to whole lines after a crash.
//!
//! Owns: where the log is cut. If the synced length is known, at the first damaged record behind it; otherwise only an
//! unterminated last line is cut. In both cases an incomplete batch at the end is cut as a whole. The cut bytes are
//! durable in `quarantine/` first.
//! Invariant: nothing below the synced length is cut. A whole record that lacks only its LF is kept and gets one.
//! Invariant: after a crash at any point of recovery the next recovery reaches the same result.
//! Does not: repair damage that stays; `verify` reports it.

use super::error::OpenError;
use super::quarantine::{QuarantineError, QuarantineName, set_aside};
use super::tail::line_start;
use crate::log::{
    Damage, DamageCode, LineReader, LogScan, LogSink, OpenLine, Outcome, Record, scan_source, torn_batch_until,
};
use crate::source::{ByteSource, Pieces, SourceError, Tick, go_on};
use crate::storage::{Named, Storage, StorageFile, append_all};
use core::ops::ControlFlow;

/// Bytes cut from a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetAside {
    /// The file in `quarantine/`.
    pub name: QuarantineName,
    /// Whole records among them, which `repair` can restore.
    pub records: u64,
}

/// Changes by recovery.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recovery {
    /// Bytes set aside.
    pub set_aside: Option<SetAside>,
    /// The last line lacked its LF and got one.
    pub lf_added: bool,
}

/// The planned end of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Plan {
    /// The end after the cut, before an LF is added.
    keep: u64,
    add_lf: bool,
}

/// Brings the log to whole lines and makes all of it durable; returns the new length.
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
    let plan = whole_batches(&log, plan, synced_len.unwrap_or_default().min(len))?;
    let mut done = Recovery::default();
    if plan.keep < len {
        let records = count_records(&log, plan.keep, &mut go_on)?;
        let name = set_aside(storage, &log, plan.keep..len, now_ms).map_err(|error| match error {
            QuarantineError::Source(error) => OpenError::Source(error),
            QuarantineError::Storage(error) => OpenError::Storage(error),
        })?;
        // Another program may have written meanwhile; only copied bytes may be cut.
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

/// Accepts a synced length only if the log is that long and a line ends there.
fn believed(log: &impl ByteSource, synced_len: Option<u64>) -> Result<Option<u64>, SourceError> {
    let Some(synced) = synced_len.filter(|&synced| synced <= log.len()) else { return Ok(None) };
    if synced == 0 {
        return Ok(None);
    }
    Ok((log.read_vec(synced - 1, 1)? == b"\n").then_some(synced))
}

/// The plan if the synced length is known.
fn behind_synced(log: &impl ByteSource, synced: u64) -> Result<Plan, SourceError> {
    let mut first = FirstDamage(None);
    let scan = LogScan::resume_full(synced, 0, true).every_line();
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
        // Only blanks, or nothing: no damage, but the next line must begin on its own.
        OpenLine::Torn => last_line(log, synced),
        OpenLine::None | OpenLine::Whole | OpenLine::Salvaged => Ok(Plan { keep: log.len(), add_lf: open }),
    }
}

/// Extends the cut of a plan over incomplete batches at its end, if they begin at or behind `floor`.
fn whole_batches(log: &impl ByteSource, mut plan: Plan, floor: u64) -> Result<Plan, SourceError> {
    while let Some(torn) = torn_batch_until(log, plan.keep)?
        && torn.offset >= floor
    {
        plan = Plan { keep: torn.offset, add_lf: false };
    }
    Ok(plan)
}

fn keep_until(log: &impl ByteSource, keep: u64) -> Result<Plan, SourceError> {
    let add_lf = keep > 0 && log.read_vec(keep - 1, 1)? != b"\n";
    Ok(Plan { keep, add_lf })
}

/// The plan that cuts an unterminated last line if it begins at or behind `floor`; otherwise it only gets its LF.
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

/// Stops at the first damage at which a log is cut.
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
            // These are whole records, which other programs write.
            DamageCode::LoneSurrogate | DamageCode::SecondHeader | DamageCode::NoHeader => true,
            DamageCode::TornTail => damage.all_recovered,
            // This scan reads every line; batches are checked last.
            DamageCode::TornBatch => true,
            DamageCode::InvalidJson | DamageCode::InvalidUtf8 | DamageCode::NulRun | DamageCode::FusedRecords => false,
        };
        if whole {
            return ControlFlow::Continue(());
        }
        self.0 = Some(damage.offset);
        ControlFlow::Break(())
    }
}

/// Number of records from `from` to the end.
pub(crate) fn count_records(log: &impl ByteSource, from: u64, tick: &mut Tick<'_>) -> Result<u64, SourceError> {
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
    let scan = LogScan::resume(from, 0, true).every_line();
    scan_source(log, from..log.len(), scan, &mut count, tick)?;
    Ok(count.0)
}

/// Writes bytes over themselves. If a sync failed before this opening, the host may take them for written, and the next
/// sync would prove nothing.
fn rewrite<F: StorageFile>(file: &mut F, from: u64, to: u64) -> Result<(), OpenError> {
    let log = file.clone();
    let mut pieces = Pieces::new(&log, from..to);
    while let Some((at, bytes)) = pieces.read()? {
        file.overwrite(at, bytes)?;
    }
    Ok(())
}
