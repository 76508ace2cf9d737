//! Output whose bytes are shown as progress, and which Ctrl-C ends.
//!
//! Owns: how a form, which knows nothing of either, is stopped: its output fails.
//! Invariant: after Ctrl-C nothing more reaches the output.

use super::super::many::interrupted;
use crate::output::Progress;
use std::io::{self, Write};

/// An output that is watched.
pub(super) struct Watched<'p, W> {
    out: W,
    progress: &'p Progress,
}

impl<'p, W> Watched<'p, W> {
    pub(super) const fn new(out: W, progress: &'p Progress) -> Self {
        Self { out, progress }
    }

    pub(super) fn into_inner(self) -> W {
        self.out
    }
}

impl<W: Write> Write for Watched<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if interrupted() {
            // Not of the kind `Interrupted`, which means that the same write is to be tried again.
            return Err(io::Error::other("interrupted"));
        }
        let written = self.out.write(bytes)?;
        self.progress.advance(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
