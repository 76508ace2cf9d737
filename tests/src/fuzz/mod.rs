//! The fuzz targets. Each is a function that panics if a promise does not hold for its input bytes.
//!
//! Owns: the targets and their names. `tests/fuzz` runs them guided by coverage; `tests/tests/robustness/corpus.rs`
//! replays the inputs that were found, with any compiler. The inputs are kept in `tests/fuzz/corpus`.
//! Invariant: a target depends only on its bytes, and ends soon for up to 4 KiB of them.

mod archive;
mod formats;
mod logs;
pub mod operations;
mod search;
mod segments;
mod sidecar;
mod store;
mod v1;

/// The folder of a target's inputs, and the target.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 15] = [
    ("scanner", logs::scanner),
    ("entries", logs::entries),
    ("upgrade", logs::upgrade),
    ("append", store::append),
    ("ledger", store::ledger),
    ("v1", v1::v1),
    ("sidecar", sidecar::sidecar),
    ("segments", segments::segments),
    ("table", segments::table),
    ("row", formats::row),
    ("names", formats::names),
    ("grams", search::grams),
    ("commit", archive::commit),
    ("objectname", archive::object_name),
    ("operations", operations::operations),
];

/// Runs a target by name.
///
/// # Panics
/// Panics if there is no such target, or if its promise does not hold.
pub fn run(name: &str, data: &[u8]) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("a target of that name");
    target(data);
}
