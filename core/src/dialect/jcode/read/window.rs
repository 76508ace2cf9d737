//! A source read value by value: in place if the host has a view, else through a window that grows to the largest
//! single value.
//!
//! Owns: the retry with more bytes if a value continues behind the window.
//! Invariant: a reader sees the same bytes with and without a view. Without one it may be called again, from the start
//! of the value, with more bytes.

use crate::json::Fault;
use crate::source::{ByteSource, SourceError};
use alloc::vec::Vec;
use core::ops::Range;

const STEP: usize = 1 << 20;

/// A source and the part of it that is in memory.
#[derive(Debug)]
pub(in crate::dialect::jcode) struct Window<'s, S: ?Sized> {
    source: &'s S,
    len: u64,
    /// Offset of the first byte of `held`.
    base: u64,
    held: Vec<u8>,
}

impl<'s, S: ByteSource + ?Sized> Window<'s, S> {
    pub(in crate::dialect::jcode) fn new(source: &'s S) -> Self {
        Self { source, len: source.len(), base: 0, held: Vec::new() }
    }

    pub(in crate::dialect::jcode) const fn len(&self) -> u64 {
        self.len
    }

    /// Calls `read(bytes, at)` with the source's bytes around `offset`, which has the index `at` in them. While it
    /// returns [`Fault::Ended`] and the source has more bytes, calls it again with more. A fault has a position in
    /// `bytes`, the returned [`Stop`] an offset in the source.
    pub(in crate::dialect::jcode) fn read<T>(
        &mut self,
        offset: u64,
        mut read: impl FnMut(&[u8], usize) -> Result<T, Fault>,
    ) -> Result<Result<T, Stop>, SourceError> {
        if let Some(view) = self.source.view() {
            let at = usize::try_from(offset).unwrap_or(usize::MAX);
            return Ok(read(view, at).map_err(|fault| Stop::at(fault, 0, self.len)));
        }
        // The held bytes are tried first; only a value that continues behind them needs a read.
        let mut want = 1;
        loop {
            self.hold(offset, want)?;
            let at = usize::try_from(offset - self.base).unwrap_or(usize::MAX);
            let end = self.base + self.held.len() as u64;
            match read(&self.held, at) {
                Err(Fault::Ended) if end < self.len => {
                    want = self.held.len().saturating_sub(at).saturating_mul(2).max(STEP);
                }
                result => return Ok(result.map_err(|fault| Stop::at(fault, self.base, self.len))),
            }
        }
    }

    /// The bytes of `range`.
    pub(in crate::dialect::jcode) fn bytes(&mut self, range: Range<u64>) -> Result<&[u8], SourceError> {
        let len = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
        let short = SourceError::Shrank { wanted: range.end, actual: self.len };
        if let Some(view) = self.source.view() {
            let at = usize::try_from(range.start).unwrap_or(usize::MAX);
            return view.get(at..).and_then(|rest| rest.get(..len)).ok_or(short);
        }
        self.hold(range.start, len)?;
        let at = usize::try_from(range.start - self.base).unwrap_or(usize::MAX);
        self.held.get(at..).and_then(|rest| rest.get(..len)).ok_or(short)
    }

    /// Makes the window hold `want` bytes from `offset` on, as far as the source has them.
    fn hold(&mut self, offset: u64, want: usize) -> Result<(), SourceError> {
        let want = want.min(usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX));
        let end = self.base + self.held.len() as u64;
        if offset >= self.base && offset.saturating_add(want as u64) <= end {
            return Ok(());
        }
        let keep = usize::try_from(offset.wrapping_sub(self.base)).unwrap_or(usize::MAX);
        if offset < self.base || keep > self.held.len() {
            self.held.clear();
        } else {
            self.held.drain(..keep);
        }
        self.base = offset;
        let from = self.held.len();
        let want = want.max(STEP.min(usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX)));
        self.held.reserve_exact(want.saturating_sub(from));
        self.held.resize(want, 0);
        let rest = self.held.get_mut(from..).unwrap_or_default();
        self.source.read_at(offset + from as u64, rest)
    }
}

/// Offset in the source of the first invalid byte; the source's length if the text ended too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dialect::jcode) struct Stop(pub(in crate::dialect::jcode) u64);

impl Stop {
    const fn at(fault: Fault, base: u64, len: u64) -> Self {
        match fault {
            Fault::Ended => Self(len),
            Fault::Invalid(at) => Self(base + at as u64),
        }
    }
}
