//! A source that tells what is read of it.
//!
//! Owns: the tick of a pass that copies or digests bytes, and how such a pass is stopped.
//! Invariant: the bytes are those of the source. Once the tick asks to stop, a read fails with
//! [`SourceError::Interrupted`].

use super::{ByteSource, SourceError};
use core::cell::RefCell;
use core::ops::{ControlFlow, Range};

/// Gets the number of bytes done since the last call; `Break` stops the work.
pub type Tick<'t> = dyn FnMut(u64) -> ControlFlow<()> + 't;

/// The tick of work that nobody watches or stops.
pub const fn go_on(_bytes: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Tells that bytes are done.
///
/// # Errors
/// [`SourceError::Interrupted`] if the tick asks to stop.
pub(crate) fn tell(tick: &mut Tick<'_>, bytes: u64) -> Result<(), SourceError> {
    if tick(bytes).is_break() { Err(SourceError::Interrupted) } else { Ok(()) }
}

/// A source, each read of which is told. It is not viewed: a view would be read unseen.
pub(crate) struct Watched<'w, S: ?Sized> {
    pub(crate) source: &'w S,
    tick: RefCell<&'w mut Tick<'w>>,
}

impl<'w, S: ?Sized> Watched<'w, S> {
    pub(crate) fn new<'t: 'w>(source: &'w S, tick: &'w mut Tick<'t>) -> Self {
        Self { source, tick: RefCell::new(tick) }
    }
}

impl<S: ByteSource + ?Sized> ByteSource for Watched<'_, S> {
    fn len(&self) -> u64 {
        self.source.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        self.source.read_at(offset, buffer)?;
        tell(&mut **self.tick.borrow_mut(), buffer.len() as u64)
    }

    fn lost_at(&self, offset: u64) -> Result<Option<Range<u64>>, SourceError> {
        self.source.lost_at(offset)
    }

    fn met_lost(&self) -> bool {
        self.source.met_lost()
    }

    fn still_whole(&self) -> Result<(), SourceError> {
        self.source.still_whole()
    }
}
