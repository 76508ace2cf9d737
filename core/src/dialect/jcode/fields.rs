//! jcode's top-level fields of a session, as values.
//!
//! Owns: when two states of them are the same, and what leads from one to the other.
//! Invariant: a value is its JSON text; null and absent are the same. Messages and side records are none of them.
//! Does not: know which fields there are; a newer jcode's are kept like all others.

use crate::dialect::jcode::read::array::Array;
use crate::dialect::jcode::read::fields::Stored;
use crate::dialect::jcode::read::normal_form::same;
use crate::dialect::jcode::read::schema::Type;
use crate::json::text::{self, is_null, write_string};
use crate::json::walk::Walker;
use crate::source::{ByteSource, SourceError};
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Fields by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields {
    values: BTreeMap<String, Vec<u8>>,
}

impl Fields {
    /// The fields of a session as jcode would store it; `None` if that is not one JSON object.
    #[must_use]
    pub fn of_session(object: &[u8]) -> Option<Self> {
        let mut fields = Self::of_object(object)?;
        fields.values.retain(|name, value| Array::in_snapshot(name).is_none() && !is_null(value));
        Some(fields)
    }

    /// All fields of an object, nulls too.
    #[must_use]
    pub fn of_object(object: &[u8]) -> Option<Self> {
        let object = object.trim_ascii();
        let mut values = BTreeMap::new();
        let walked = Walker::new().walk_object(object, 0, |key, value| {
            if let Some(name) = text::unescape(key) {
                values.insert(name.to_string(), value.to_vec());
            }
        });
        walked.is_ok_and(|walked| walked.end == object.len()).then_some(Self { values })
    }

    /// True if there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The JSON text of a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.values.get(name).map(Vec::as_slice)
    }

    /// A field that is a text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).and_then(text::string).map(|text| text.to_string())
    }

    /// A field that is an integer.
    #[must_use]
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(text::integer)
    }

    /// Those that stand in a log at these places.
    pub(in crate::dialect::jcode) fn in_log<S: ByteSource>(log: &S, stored: &[Stored]) -> Result<Self, SourceError> {
        stored.iter().map(|field| Ok((field.name.clone(), field.token.of(log)?.into_owned()))).collect()
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    /// Takes over changes; a null clears.
    pub fn apply(&mut self, changes: &Self) {
        for (name, value) in &changes.values {
            if is_null(value) {
                self.values.remove(name);
            } else {
                self.values.insert(name.clone(), value.clone());
            }
        }
    }

    /// Says of the fields that changes take away that they are gone.
    pub fn keep_nulls_of(&mut self, changes: &Self) {
        let gone = changes.values.iter().filter(|(_, value)| is_null(value));
        self.values.extend(gone.map(|(name, value)| (name.clone(), value.clone())));
    }

    /// What leads from these to others: changed fields, and null for those that are gone. The id and the time of birth
    /// of a session never go.
    #[must_use]
    pub fn changes_to(&self, to: &Self) -> Self {
        let changed = to.values.iter().filter(|(name, value)| match self.get(name) {
            Some(old) => !same(&Type::Any, old, value),
            None => !is_null(value),
        });
        let mut values: BTreeMap<_, _> = changed.map(|(name, value)| (name.clone(), value.clone())).collect();
        for name in self.values.keys().filter(|name| !matches!(name.as_str(), "id" | "created_at")) {
            if !to.values.contains_key(name) {
                values.insert(name.clone(), b"null".to_vec());
            }
        }
        Self { values }
    }

    /// As one JSON object.
    #[must_use]
    pub fn to_object(&self) -> Vec<u8> {
        let mut object = Vec::new();
        for (name, value) in &self.values {
            object.push(if object.is_empty() { b'{' } else { b',' });
            write_string(&mut object, name);
            object.push(b':');
            object.extend_from_slice(value);
        }
        if object.is_empty() {
            object.push(b'{');
        }
        object.push(b'}');
        object
    }
}

impl FromIterator<(String, Vec<u8>)> for Fields {
    fn from_iter<I: IntoIterator<Item = (String, Vec<u8>)>>(fields: I) -> Self {
        Self { values: fields.into_iter().collect() }
    }
}
