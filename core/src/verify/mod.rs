//! Verification: findings as data, and the comparison of a log with what is stored about it.
//!
//! Owns: the codes, severities and words of findings, and coherence of rows.
//! Invariant: judged by full content alone; nothing here trusts a time stamp or a size.
//! Does not: change anything, or fail because of what it finds.

mod coherence;
mod keys;
mod store;
mod v1;

use crate::index::{Built, IndexBuilder};
use crate::log::{LogScan, scan_source};
use crate::source::{ByteSource, SourceError};
use core::ops::ControlFlow;

pub use coherence::{Coherence, Comparison, StoredRows, compare_tables};
pub use keys::KeySums;
pub use store::{StoreFiles, glance_at_store, verify_source, verify_store};
pub use v1::{verify_v1, verify_v1_beside};

/// Reads a log to its end; what is wrong with it is in the result's findings. `tick` gets the bytes done.
///
/// # Errors
/// If the log cannot be read, or `tick` interrupts.
pub fn read(
    log: &(impl ByteSource + ?Sized),
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Built<()>, SourceError> {
    let mut builder = IndexBuilder::with_findings(());
    let end = scan_source(log, 0..log.len(), LogScan::full(), &mut builder, tick)?;
    Ok(builder.finish_at(&end))
}
