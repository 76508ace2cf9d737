//! The top-level fields of a session: their values after a replay, and changes against an earlier state.
//!
//! Owns: how a journal's `meta` replaces fields, and when two values of a field are equal.
//! Invariant: values are places in their source, copied only to compare or write them.

use crate::dialect::jcode::read::normal_form;
use crate::dialect::jcode::read::schema::{META, Type, snapshot_field};
use crate::json::text::{is_null, unescape};
use crate::json::walk::Walker;
use crate::source::{ByteSource, SourceError};
use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Place of a value's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dialect::jcode) struct Token {
    /// Number of the source.
    pub(in crate::dialect::jcode) source: u8,
    pub(in crate::dialect::jcode) at: u64,
    pub(in crate::dialect::jcode) len: u64,
}

impl Token {
    /// The bytes of the token; empty if there is no such source.
    pub(in crate::dialect::jcode) fn bytes<'s, S: ByteSource>(
        &self,
        sources: &'s [S],
    ) -> Result<Cow<'s, [u8]>, SourceError> {
        match sources.get(usize::from(self.source)) {
            Some(source) => self.of(source),
            None => Ok(Cow::Borrowed(b"")),
        }
    }

    /// The bytes of the token in its source.
    pub(in crate::dialect::jcode) fn of<'s, S: ByteSource + ?Sized>(
        &self,
        source: &'s S,
    ) -> Result<Cow<'s, [u8]>, SourceError> {
        source.bytes(self.at, usize::try_from(self.len).unwrap_or(usize::MAX))
    }
}

/// A stored top-level field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::dialect::jcode) struct Stored {
    /// Its name, decoded.
    pub(in crate::dialect::jcode) name: String,
    pub(in crate::dialect::jcode) token: Token,
}

/// The field with this name.
pub(in crate::dialect::jcode) fn find<'f>(fields: &'f [Stored], name: &str) -> Option<&'f Stored> {
    fields.iter().find(|field| field.name == name)
}

/// The depth-1 fields of the object at `token`; the last one of a repeated key.
pub(in crate::dialect::jcode) fn of_object<S: ByteSource>(
    sources: &[S],
    token: Token,
) -> Result<Vec<Stored>, SourceError> {
    let bytes = token.bytes(sources)?;
    Ok(of_bytes(&bytes, token))
}

/// Like [`of_object`], but for bytes that were read already.
pub(in crate::dialect::jcode) fn of_bytes(bytes: &[u8], token: Token) -> Vec<Stored> {
    let mut fields: Vec<Stored> = Vec::new();
    let base = bytes.as_ptr() as usize;
    let walked = Walker::new().walk_object(bytes, 0, |key, value| {
        let Some(name) = unescape(key) else { return };
        let at = token.at + (value.as_ptr() as usize - base) as u64;
        fields.retain(|field| field.name != name);
        let token = Token { source: token.source, at, len: value.len() as u64 };
        fields.push(Stored { name: name.to_string(), token });
    });
    if walked.is_ok() { fields } else { Vec::new() }
}

/// Applies a journal's `meta`: replaces all fields that it can hold, and adds unknown ones from a newer jcode.
pub(in crate::dialect::jcode) fn overlay(fields: &mut Vec<Stored>, meta: Vec<Stored>) {
    fields.retain(|field| !META.iter().any(|known| known.name == field.name));
    for field in meta {
        let replaces = META.iter().any(|known| known.name == field.name) || !only_in_snapshot(&field.name);
        if replaces {
            fields.retain(|old| old.name != field.name);
            fields.push(field);
        }
    }
}

/// True for jcode's own top-level fields that no `meta` changes.
fn only_in_snapshot(name: &str) -> bool {
    snapshot_field(name).is_some() || crate::dialect::jcode::read::array::Array::in_snapshot(name).is_some()
}

/// A changed field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::dialect::jcode) struct Change {
    pub(in crate::dialect::jcode) name: String,
    /// The new value; `None` removes the field.
    pub(in crate::dialect::jcode) to: Option<Token>,
}

/// The changes from `old` to `new`. Missing unknown fields stay, because nothing shows that they were removed.
pub(in crate::dialect::jcode) fn changes<S: ByteSource, T: ByteSource>(
    old: (&[Stored], &[S]),
    new: (&[Stored], &[T]),
) -> Result<Vec<Change>, SourceError> {
    let mut changes = Vec::new();
    for field in new.0 {
        let value = field.token.bytes(new.1)?;
        let before = match find(old.0, &field.name) {
            Some(before) => before.token.bytes(old.1)?,
            None => Cow::Borrowed(&b"null"[..]),
        };
        if !normal_form::same(&Type::Any, &before, &value) {
            let to = (!is_null(&value)).then_some(field.token);
            changes.push(Change { name: field.name.clone(), to });
        }
    }
    for field in old.0 {
        // Id and time of creation are never removed: if salvage did not find them, the header made do without.
        let lasting = matches!(field.name.as_str(), "id" | "created_at");
        let gone = find(new.0, &field.name).is_none() && snapshot_field(&field.name).is_some() && !lasting;
        if gone && !is_null(&field.token.bytes(old.1)?) {
            changes.push(Change { name: field.name.clone(), to: None });
        }
    }
    Ok(changes)
}
