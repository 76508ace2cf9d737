//! What is fuzzed: one function a target, which panics if a promise does not hold for its bytes.
//!
//! Owns: the targets and their names. `tests/fuzz` runs them with coverage as guide; `tests/corpus.rs` runs what that
//! found, with everybody's compiler.
//! Invariant: a target depends on its bytes alone, and ends soon for up to 4 KiB of them.
//! Does not: keep inputs.

mod formats;
mod logs;
pub mod operations;
mod search;
mod segments;
mod sidecar;
mod store;
mod v1;

/// A function from bytes to a panic or nothing, and the folder of its inputs.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 13] = [
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
    ("operations", operations::operations),
];

/// Runs a target by name.
///
/// # Panics
/// If there is no such target, or what it promises does not hold.
pub fn run(name: &str, data: &[u8]) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("a target of that name");
    target(data);
}
