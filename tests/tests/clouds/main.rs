//! Archives and tables in clouds, over HTTP: servers that speak the clouds' protocols, and a proxy that loses and refuses.
//!
//! Owns: what is special to a cloud: conditional puts, ranges, lists in pages, credentials, and failures with their words.
//! Does not: explore the protocol above it, which `engine` does over stores in memory.
//!
//! `tests/clouds` starts the servers. Without them only what a stub in this process answers is asked.

mod faults;
mod http;
mod proxy;
mod reads;
mod refusals;
mod stub;
mod tables;
mod there_and_back;
mod world;
