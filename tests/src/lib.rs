//! Models, generators and helpers that the tests share.
//!
//! Owns: the oracle (an independent, simple reader of logs), generators of logs, and helpers around files. The only
//! tests here are those of the oracle and of the generators.
//! Invariant: nothing here calls the code under test to find out what is right.

pub mod crash_storage;
pub mod differential;
pub mod effort;
pub mod files;
pub mod fuzz;
pub mod generate;
pub mod homes;
pub mod jcode_model;
pub mod migrations;
pub mod oracle;
pub mod program;
pub mod sessions;
pub mod sidecar_damage;
pub mod sql_sidecar;
pub mod stores;
#[cfg(unix)]
pub mod system_calls;
pub mod v1_steps;
pub mod write_run;
pub mod written;
