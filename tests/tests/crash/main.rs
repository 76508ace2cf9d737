//! What explores states: crashes, kills, faults, and many processes at once.
//!
//! Owns: that what was acknowledged is there afterwards, and that a command which was cut short can be run again.
//! `JCODE_SESSION_LONG` and the numbers of rounds, which each module names, widen what is looked at; `tests/long`
//! sets them.

#[cfg(target_os = "linux")]
mod command;
mod concurrency;
mod foreign;
mod kill;
#[cfg(target_os = "linux")]
mod kill_commands;
#[cfg(target_os = "linux")]
mod kill_home;
mod simulator;
mod store;
mod turns;
#[cfg(target_os = "linux")]
mod watched;
mod write;
