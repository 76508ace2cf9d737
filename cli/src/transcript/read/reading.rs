//! Reads an object of a log field by field.
//!
//! Owns: which fields have not been read, and showing these by name. The meaning of fields is not known here.
//! Invariant: a field counts as read only if it has the requested type. A field of another type is left, and shown.

use super::super::json::{Object, elements, pretty};
use super::super::model::{Block, Text};
use crate::output::bytes;
use jcode_session_core::json::text::string_lossy;

/// Upper bound of the bytes of a field's value that are shown.
const MOST: usize = 64 * 1024;
/// JSON up to this length stands on one line.
const ONE_LINE: usize = 100;

/// A type of JSON values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Number,
    Flag,
    List,
    Object,
}

impl Shape {
    fn of(token: &[u8]) -> Option<Self> {
        match token.first()? {
            b'"' => Some(Self::Text),
            b't' | b'f' => Some(Self::Flag),
            b'[' => Some(Self::List),
            b'{' => Some(Self::Object),
            b'-' | b'0'..=b'9' => Some(Self::Number),
            _ => None,
        }
    }
}

/// An object, and the names of the fields that were read.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    object: Object<'a>,
    read: Vec<&'static str>,
}

impl<'a> Reading<'a> {
    pub(super) const fn new(object: Object<'a>) -> Self {
        Self { object, read: Vec::new() }
    }

    /// A field of any type; `None` for null.
    pub(super) fn any(&mut self, name: &'static str) -> Option<&'a [u8]> {
        self.read.push(name);
        self.object.get(name)
    }

    fn of_shape(&mut self, name: &'static str, shape: Shape) -> Option<&'a [u8]> {
        let token = self.object.get(name).filter(|token| Shape::of(token) == Some(shape))?;
        self.read.push(name);
        Some(token)
    }

    pub(super) fn text(&mut self, name: &'static str) -> Option<Text<'a>> {
        self.of_shape(name, Shape::Text).and_then(string_lossy)
    }

    /// A number, as it is spelled in the log.
    pub(super) fn number(&mut self, name: &'static str) -> Option<Text<'a>> {
        self.of_shape(name, Shape::Number).map(String::from_utf8_lossy)
    }

    pub(super) fn flag(&mut self, name: &'static str) -> Option<bool> {
        self.of_shape(name, Shape::Flag).map(|token| token == b"true")
    }

    pub(super) fn is_true(&mut self, name: &'static str) -> bool {
        self.flag(name) == Some(true)
    }

    /// True for a field that is present and null.
    pub(super) fn is_null(&self, name: &str) -> bool {
        self.object.fields().rev().find(|(key, _)| *key == name).is_some_and(|(_, token)| token == b"null")
    }

    pub(super) fn object(&mut self, name: &'static str) -> Option<Object<'a>> {
        self.of_shape(name, Shape::Object).and_then(Object::read)
    }

    /// The raw elements of a field that is a list.
    pub(super) fn list(&mut self, name: &'static str) -> Option<Vec<&'a [u8]>> {
        self.of_shape(name, Shape::List).map(elements)
    }

    /// A field of any type, shown under its own name.
    pub(super) fn named(&mut self, name: &'static str) -> Option<Block<'a>> {
        let token = self.any(name).filter(|token| !is_empty(token))?;
        Some(match Object::read(token) {
            Some(object) => Block::Fields { of: name.into(), fields: shown(&object, &|_, _| true) },
            None => Block::Data { name: name.into(), text: bounded(plain(token)) },
        })
    }

    /// The fields that were not read, without the `quiet` ones, which only programs need.
    pub(super) fn rest(&self, quiet: &[(&str, Shape)]) -> Option<Block<'a>> {
        let is_quiet = |name: &str, token: &[u8]| {
            quiet.iter().any(|&(known, shape)| known == name && Shape::of(token) == Some(shape))
        };
        let fields = shown(&self.object, &|name, token| !self.read.contains(&name) && !is_quiet(name, token));
        (!fields.is_empty()).then(|| Block::Fields { of: "".into(), fields })
    }

    /// All fields but these, read or not.
    pub(super) fn all_but(&self, names: &[&str]) -> Option<Block<'a>> {
        let fields = shown(&self.object, &|name, _| !names.contains(&name));
        (!fields.is_empty()).then(|| Block::Fields { of: "".into(), fields })
    }
}

/// The wanted fields that are not empty, as names and texts. Of a repeated field only the last one.
fn shown<'a>(object: &Object<'a>, wanted: &dyn Fn(&str, &[u8]) -> bool) -> Vec<(Text<'a>, Text<'a>)> {
    let fields = object.last_fields().into_iter().filter(|(name, token)| !is_empty(token) && wanted(name, token));
    fields.map(|(name, token)| (name.to_string().into(), bounded(value(token)))).collect()
}

/// True for null, and for an empty text, list or object.
fn is_empty(token: &[u8]) -> bool {
    let inside = match token {
        b"null" => return true,
        [b'"', inside @ .., b'"'] => return inside.is_empty(),
        [b'[', inside @ .., b']'] | [b'{', inside @ .., b'}'] => inside,
        _ => return false,
    };
    inside.trim_ascii().is_empty()
}

/// Like [`plain`], but with short lists and objects on one line.
fn value(token: &[u8]) -> Text<'_> {
    let short = token.len() <= ONE_LINE && !token.contains(&b'\n') && token.first() != Some(&b'"');
    if short { String::from_utf8_lossy(token) } else { plain(token) }
}

/// A string as its text, anything else as JSON.
pub(super) fn plain(token: &[u8]) -> Text<'_> {
    string_lossy(token).unwrap_or_else(|| pretty(token).into())
}

/// The start of a text that is too long to be shown as a field, with its full length.
fn bounded(text: Text<'_>) -> Text<'_> {
    if text.len() <= MOST {
        return text;
    }
    let start = text.get(..text.floor_char_boundary(MOST)).unwrap_or_default();
    format!("{start}…\n({} in all)", bytes(text.len() as u64)).into()
}
