//! Where requests are carried out.
//!
//! Owns: one thread with a small runtime.
//! Invariant: whoever waits for an answer is on another thread, so that it may be one of a runtime of its own. The thread
//! ends with its [`Runtime`].

use std::io;
use std::sync::mpsc;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// A thread that carries out requests.
#[derive(Debug)]
pub(super) struct Runtime {
    handle: Handle,
    /// The thread ends when this is dropped.
    _ends: oneshot::Sender<()>,
}

impl Runtime {
    pub(super) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (ends, ended) = oneshot::channel::<()>();
        let run = move || {
            // An error is that the sender is gone.
            let _ = runtime.block_on(ended);
        };
        std::thread::Builder::new().name("store".to_string()).spawn(run)?;
        Ok(Self { handle, _ends: ends })
    }

    /// Carries out `work` and waits for it; `None` if it came to no end.
    pub(super) fn wait<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Option<T> {
        let (done, result) = mpsc::sync_channel(1);
        self.handle.spawn(async move {
            // An error is that nobody waits any more.
            let _ = done.send(work.await);
        });
        result.recv().ok()
    }
}
