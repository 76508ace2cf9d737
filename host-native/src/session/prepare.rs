//! The pass over the log that answers need, made before they are asked for.
//!
//! Owns: that this pass can be watched and stopped; those that answers make by themselves cannot.
//! Invariant: answers are the same, whether it was made or not.

use super::open::at;
use super::{Session, SessionError};
use crate::sidecar::rebuild::Tick;

impl Session {
    /// Makes the pass over the log that the tree needs, unless it is available.
    ///
    /// # Errors
    /// Fails if the log cannot be read, or if `tick` interrupts.
    pub fn prepare(&self, tick: &mut Tick<'_>) -> Result<(), SessionError> {
        if !self.has_index() {
            self.core().index(&mut (), &mut |bytes| tick(bytes)).map_err(at(self.path()))?;
        }
        Ok(())
    }
}
