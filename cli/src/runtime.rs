//! The runtime of what serves.
//!
//! Owns: where it runs.
//! Invariant: a program that mounts the commands may run them inside a runtime of its own: ours is on another thread.

use std::io;
use tokio::runtime::{Builder, Runtime};

/// Runs a server to its end. The caller's thread waits for it.
///
/// # Errors
/// Fails if the runtime cannot be started, or as the server does.
pub(crate) fn run(server: impl FnOnce(Runtime) -> io::Result<()> + Send) -> io::Result<()> {
    std::thread::scope(|scope| {
        let served = scope.spawn(|| server(Builder::new_current_thread().enable_all().build()?));
        served.join().unwrap_or_else(|_| Err(io::Error::other("the server failed")))
    })
}
