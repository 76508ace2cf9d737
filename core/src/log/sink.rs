//! What receives the records and damages of a scan.
//!
//! Owns: the contract between a scan and whoever reads through it. Invariant: a sink that stops a scan says why.

use super::{Damage, Record};
use core::convert::Infallible;
use core::ops::ControlFlow;

/// Receives what a scan finds, in file order; what it does not ask for is passed over.
pub trait LogSink {
    /// Why it stops the scan, by returning `Break`; [`Infallible`] for one that never does.
    type Break;

    /// The header, before everything else that parses.
    fn header(&mut self, _: &Record<'_>) -> ControlFlow<Self::Break> {
        ControlFlow::Continue(())
    }

    /// An entry.
    fn entry(&mut self, _: &Record<'_>) -> ControlFlow<Self::Break> {
        ControlFlow::Continue(())
    }

    /// A damage. One that belongs to an entry comes before that entry.
    fn damage(&mut self, _: Damage) -> ControlFlow<Self::Break> {
        ControlFlow::Continue(())
    }
}

impl LogSink for () {
    type Break = Infallible;
}

/// A sink that never stops the scan.
pub type WholeSink<'s> = dyn LogSink<Break = Infallible> + 's;

/// Two sinks over one scan; the first one sees everything first.
pub struct Tee<'s>(pub &'s mut WholeSink<'s>, pub &'s mut WholeSink<'s>);

impl core::fmt::Debug for Tee<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Tee").finish_non_exhaustive()
    }
}

impl LogSink for Tee<'_> {
    type Break = Infallible;

    fn header(&mut self, header: &Record<'_>) -> ControlFlow<Infallible> {
        self.0.header(header)?;
        self.1.header(header)
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<Infallible> {
        self.0.entry(entry)?;
        self.1.entry(entry)
    }

    fn damage(&mut self, damage: Damage) -> ControlFlow<Infallible> {
        self.0.damage(damage)?;
        self.1.damage(damage)
    }
}
