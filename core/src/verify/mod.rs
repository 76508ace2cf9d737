//! Verification: the findings of a log, and of everything that is stored about it.
//!
//! Owns: the comparison of sidecar rows, store and v1 files with the log.
//! Invariant: only full content counts; no time stamp or size is trusted. Verification changes nothing, and a finding
//! never makes it fail.

mod coherence;
mod keys;
mod store;
mod v1;

use crate::index::{Built, IndexBuilder};
use crate::log::{LogScan, Threads, scan_on};
use crate::source::{ByteSource, SourceError};
use core::ops::ControlFlow;

pub use coherence::{Coherence, Comparison, StoredRows, compare_tables};
pub use keys::KeySums;
pub use store::{StoreFiles, glance_at_store, verify_source, verify_store};
pub use v1::{verify_v1, verify_v1_beside};

/// Reads a log to its end, on all `threads`; the result holds its findings. `tick` gets the number of bytes done.
///
/// # Errors
/// Fails if the log cannot be read or `tick` interrupts.
pub fn read(
    threads: &impl Threads,
    log: &(impl ByteSource + ?Sized),
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Built<()>, SourceError> {
    let mut builder = IndexBuilder::with_findings(());
    let end = scan_on(threads, log, 0..log.len(), LogScan::full(), &mut builder, tick)?;
    Ok(builder.finish_at(&end))
}
