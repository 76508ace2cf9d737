//! The library: what each folder of core decides, over bytes in memory and over real files.
//!
//! Owns: a folder for each folder of `core/src`, under its name; what the native host does with files is tested where
//! core decides it. Invariant: no test starts a process: a child that was just forked holds the locks of all writers of
//! its parent until it runs its own program. Does not: type commands (`cli`), crash (`crash`), or attack (`robustness`).

mod archive;
mod catalog {
    mod brief;
    mod broken_index;
    mod lookup;
    mod picker;
    mod property;
    mod said;
}
mod dialect {
    mod agents;
    mod jcode;
    mod migrate;
    mod upgrade;
}
mod fleet {
    mod export;
    mod rows;
}
mod index {
    mod image;
    mod keys;
    mod rows;
    mod sidecar;
}
mod jcode;
mod json {
    mod walk;
}
mod log {
    mod batch;
    mod time;
}
mod search {
    mod differential;
    mod index;
    mod runs;
    mod slices;
    mod words;
}
mod platform;
mod redact;
mod segment;
mod session {
    mod look;
    mod part_names;
    mod resume;
}
mod store {
    mod checkpoint;
    mod import;
    mod ledger;
    mod model;
    mod repair;
    mod rollback;
}
mod trajectory;
mod write {
    mod batch;
    mod foreign;
    mod turns;
    mod writer;
}
