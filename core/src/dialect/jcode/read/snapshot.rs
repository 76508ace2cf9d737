//! The snapshot, read value by value.
//!
//! Owns: its top-level fields and elements, and whether jcode would read it.
//! Invariant: memory holds one value at a time. Everything read before a fault is kept, so a snapshot that was cut off
//! and has no backup still gives its whole elements.

use crate::dialect::jcode::ReplayError;
use crate::dialect::jcode::read::array::Array;
use crate::dialect::jcode::read::check::Check;
use crate::dialect::jcode::read::element;
use crate::dialect::jcode::read::entry::Lists;
use crate::dialect::jcode::read::fields::{Stored, Token};
use crate::dialect::jcode::read::schema::{SNAPSHOT_REQUIRED, snapshot_field};
use crate::dialect::jcode::read::window::{Stop, Window};
use crate::json::Cursor;
use crate::json::Fault;
use crate::json::text::unescape;
use crate::source::{ByteSource, SourceError};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// The content of a snapshot.
#[derive(Debug, Default)]
pub(in crate::dialect::jcode) struct Snapshot {
    /// The top-level fields except the arrays, in order.
    pub(in crate::dialect::jcode) fields: Vec<Stored>,
    pub(in crate::dialect::jcode) lists: Lists,
    /// Where jcode refuses the snapshot, if it does.
    pub(in crate::dialect::jcode) refused_at: Option<u64>,
}

/// Reads a snapshot; `number` is its source number.
pub(in crate::dialect::jcode) fn read<S: ByteSource + ?Sized>(
    source: &S,
    number: u8,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Snapshot, ReplayError> {
    let window = Window::new(source);
    let check = Check::default();
    let mut reader = Reader { window, check, number, at: 0, told: 0, snapshot: Snapshot::default(), seen: Vec::new() };
    match reader.object(tick)? {
        Ok(()) => {}
        Err(Stop(at)) => reader.refuse(at),
    }
    let missing = SNAPSHOT_REQUIRED.iter().chain(&["messages"]).any(|name| !reader.seen.iter().any(|key| key == name));
    if missing {
        reader.refuse(reader.at);
    }
    Ok(reader.snapshot)
}

struct Reader<'s, S: ?Sized> {
    window: Window<'s, S>,
    check: Check,
    number: u8,
    at: u64,
    /// Bytes reported to `tick`.
    told: u64,
    snapshot: Snapshot,
    /// Keys read so far that jcode knows.
    seen: Vec<String>,
}

impl<S: ByteSource + ?Sized> Reader<'_, S> {
    fn refuse(&mut self, at: u64) {
        self.snapshot.refused_at.get_or_insert(at);
    }

    fn object(&mut self, tick: &mut dyn FnMut(u64) -> ControlFlow<()>) -> Result<Result<(), Stop>, ReplayError> {
        let mut more = match self.step(|cursor| {
            cursor.skip_space();
            cursor.opens(b'{', b'}')
        })? {
            Ok(more) => more,
            Err(stop) => return Ok(Err(stop)),
        };
        while more {
            self.tell(tick)?;
            let start = self.at;
            let key = match self.step(|cursor| {
                let key = cursor.key()?;
                cursor.peek()?;
                Ok(unescape(key).map(|key| key.to_string()))
            })? {
                Ok(key) => key,
                Err(stop) => return Ok(Err(stop)),
            };
            if key.is_none() {
                self.refuse(start);
            }
            let key = key.unwrap_or_default();
            let known = Array::in_snapshot(&key).is_some() || snapshot_field(&key).is_some();
            if known {
                if self.seen.contains(&key) {
                    self.refuse(start);
                }
                self.seen.push(key.clone());
            }
            let is_list = self.step(|cursor| Ok(cursor.peek()? == b'['))?;
            let result = match Array::in_snapshot(&key) {
                Some(array) if is_list == Ok(true) => self.elements(array, tick)?,
                Some(_) => {
                    self.refuse(start);
                    self.field(key)?
                }
                None => self.field(key)?,
            };
            more = match result {
                Ok(more) => more,
                Err(stop) => return Ok(Err(stop)),
            };
        }
        self.trailing()
    }

    /// Checks that only white space follows.
    fn trailing(&mut self) -> Result<Result<(), Stop>, ReplayError> {
        while self.at < self.window.len() {
            let end = self.window.len().min(self.at + (1 << 20));
            let rest = self.window.bytes(self.at..end)?;
            if let Some(other) = rest.iter().position(|b| !matches!(b, b' ' | b'\t' | b'\n' | b'\r')) {
                return Ok(Err(Stop(self.at + other as u64)));
            }
            self.at = end;
        }
        Ok(Ok(()))
    }

    /// Reads the elements of an array and the separator behind it; true if another field follows.
    fn elements(
        &mut self,
        array: Array,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<Result<bool, Stop>, ReplayError> {
        let mut more = match self.step(|cursor| cursor.opens(b'[', b']'))? {
            Ok(more) => more,
            Err(stop) => return Ok(Err(stop)),
        };
        while more {
            self.tell(tick)?;
            let (number, offset) = (self.number, self.at);
            let Self { window, check, .. } = self;
            let read = window.read(offset, |bytes, at| {
                let mut cursor = Cursor::new(bytes, at);
                let element = element::read(check, &mut cursor, array, number, offset - at as u64)?;
                let end = cursor.at;
                // An element is kept even if the text ends behind it, so a cut snapshot loses no whole element.
                let more = cursor.goes_on(b']').ok();
                Ok((element, end - at, cursor.at - at, more))
            })?;
            let (element, len, step, follows) = match read {
                Ok(read) => read,
                Err(stop) => return Ok(Err(stop)),
            };
            let element = element?;
            let usable = matches!(self.window.bytes(offset..offset + 1)?, b"{");
            if !element.fits {
                self.refuse(offset);
            }
            if usable {
                self.snapshot.lists.of_mut(array).push(element.entry, element.time);
            }
            match follows {
                Some(follows) => {
                    more = follows;
                    self.at = offset + step as u64;
                }
                None => {
                    // Perhaps only the window ended here; if not, the next step meets the fault again.
                    self.at = offset + len as u64;
                    more = match self.step(|cursor| cursor.goes_on(b']'))? {
                        Ok(more) => more,
                        Err(stop) => return Ok(Err(stop)),
                    };
                }
            }
        }
        self.step(|cursor| cursor.goes_on(b'}')).map_err(ReplayError::from)
    }

    /// Reads one field and the separator behind it; true if another field follows.
    fn field(&mut self, key: String) -> Result<Result<bool, Stop>, ReplayError> {
        let start = self.at;
        let known = snapshot_field(&key);
        let Self { window, check, .. } = self;
        let read = window.read(start, |bytes, at| {
            let mut cursor = Cursor::new(bytes, at);
            let fits = match known {
                Some((field, rule)) => check.fits(&mut cursor, &field.of, rule)?,
                None => {
                    check.skip(&mut cursor)?;
                    true
                }
            };
            let token = cursor.since(at);
            let text = simdutf8::basic::from_utf8(token).is_ok();
            let end = cursor.at;
            let more = cursor.goes_on(b'}')?;
            Ok((fits && text, text, end - at, cursor.at - at, more))
        })?;
        let (fits, text, len, step, more) = match read {
            Ok(read) => read,
            Err(stop) => return Ok(Err(stop)),
        };
        if !fits {
            self.refuse(start);
        }
        self.at = start + step as u64;
        if text && Array::in_snapshot(&key).is_none() {
            // The last one of repeated keys holds.
            self.snapshot.fields.retain(|field| field.name != key);
            self.snapshot
                .fields
                .push(Stored { name: key, token: Token { source: self.number, at: start, len: len as u64 } });
        }
        Ok(Ok(more))
    }

    /// Takes one step of the grammar at the current offset.
    fn step<T>(&mut self, step: impl Fn(&mut Cursor<'_>) -> Result<T, Fault>) -> Result<Result<T, Stop>, SourceError> {
        let result = self.window.read(self.at, |bytes, at| {
            let mut cursor = Cursor::new(bytes, at);
            let value = step(&mut cursor)?;
            Ok((value, cursor.at - at))
        })?;
        Ok(result.map(|(value, len)| {
            self.at += len as u64;
            value
        }))
    }

    fn tell(&mut self, tick: &mut dyn FnMut(u64) -> ControlFlow<()>) -> Result<(), SourceError> {
        let done = self.at - self.told;
        if done < 1 << 20 {
            return Ok(());
        }
        self.told = self.at;
        if tick(done).is_break() { Err(SourceError::Interrupted) } else { Ok(()) }
    }
}
