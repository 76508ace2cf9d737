//! What does not keep to the rules: attackers, file systems that refuse, logs that shrink, lines made to cost.
//!
//! Owns: that nothing is lost, followed, shown or kept waiting by it. Does not: crash (`crash`).

#[cfg(unix)]
mod attacks;
mod corpus;
#[cfg(target_os = "linux")]
mod file_systems;
#[cfg(unix)]
mod guard;
mod hostile_lines;
mod searched;
mod shrinking;
