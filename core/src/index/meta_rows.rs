//! The metadata of a stored index as rows of the table `metadata`.
//!
//! If you change this, then change `SCHEMA_VERSION` and section 4.1 of `docs/format.md` too.
//!
//! Owns: keys, values and the digest over them.
//! Invariant: a change of any byte of the rows makes the digest fail, and then no metadata is read.

use super::counts::{Counts, SaidCounts};
use super::meta::{IndexMeta, Resume};
use super::schema::{SCHEMA_VERSION, key};
use super::tree_checksum::TreeChecksum;
use crate::log::tags;
use crate::source::identity::{FileStamp, Fingerprint};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A value of `metadata`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// An integer.
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl IndexMeta {
    /// The rows of `metadata`.
    #[must_use]
    pub fn to_rows(&self) -> Vec<(&'static str, Value)> {
        let int = |n: u64| Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
        // File system numbers use all 64 bits, but SQLite's integers are signed.
        let bits = |n: u64| Value::Int(n.cast_signed());
        let counts = &self.counts;
        let mut rows = alloc::vec![
            (key::SCHEMA_VERSION, Value::Int(SCHEMA_VERSION)),
            (key::SESSION_ID, Value::Text(self.session_id.clone())),
            (key::LOG_LEN, int(self.stamp.len)),
            (key::LOG_MTIME_NS, Value::Int(self.stamp.mtime_ns)),
            (key::LOG_CTIME_NS, Value::Int(self.stamp.ctime_ns)),
            (key::LOG_DEV, bits(self.stamp.dev)),
            (key::LOG_INO, bits(self.stamp.ino)),
            (key::ENTRY_COUNT, int(counts.entries)),
            (key::INDEXED_AT, Value::Int(self.indexed_at)),
            (key::SYNCED_LEN, int(self.synced_len)),
            (key::FINGERPRINT, Value::Blob(self.fingerprint.to_bytes())),
            (key::TREE_CHECKSUM, Value::Blob(self.check.to_bytes().to_vec())),
            (key::MESSAGES, int(counts.messages)),
        ];
        let mut optional = |key, value: Option<Value>| rows.extend(value.map(|value| (key, value)));
        optional(key::ACTIVE_LEAF, self.active_leaf.clone().map(Value::Text));
        optional(key::LAST_MESSAGE_AT, counts.last_message_at.map(Value::Int));
        optional(key::LAST_ENTRY_AT, counts.last_entry_at.map(Value::Int));
        optional(key::TITLE, counts.title.clone().map(Value::Text));
        optional(key::TAGS, (!counts.tags.is_empty()).then(|| Value::Text(tags::array(&counts.tags))));
        optional(key::UNSYNCED_BOOT, self.unsynced_boot.clone().map(Value::Text));
        optional(key::MIGRATED_FROM, self.migrated_from.clone().map(Value::Text));
        optional(key::MIGRATED_AT, self.migrated_at.map(Value::Int));
        let SaidCounts { user, assistant, tokens } = counts.said;
        optional(
            key::SAID,
            (counts.said != SaidCounts::default()).then(|| Value::Text(join(&[user, assistant, tokens]))),
        );
        let odd = [counts.duplicates, counts.orphans, counts.dangling_labels, counts.damages, counts.compactions];
        optional(key::ODD, odd.iter().any(|&n| n > 0).then(|| Value::Text(join(&odd))));
        let (resume, lines) = match self.resume {
            Resume::Rebuild => (String::from("rebuild"), 0),
            Resume::At { offset, lines, record_seen, expect_lf } => {
                (join(&[offset, u64::from(record_seen), u64::from(expect_lf)]), lines)
            }
        };
        optional(key::RESUME_AT, Some(Value::Text(resume)));
        optional(key::LINES, Some(int(lines)));
        let digest = digest(rows.iter().map(|(key, value)| (*key, value)));
        rows.push((key::DIGEST, digest));
        rows
    }

    /// Reads the rows of `metadata`; `None` if a required row is missing or unreadable, the digest does not match, or
    /// the schema version differs.
    #[must_use]
    pub fn from_rows(rows: &[(String, Value)]) -> Option<Self> {
        let get = |name: &str| rows.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        let int = |name| get(name).and_then(Value::as_int);
        let count = |name| int(name).and_then(|n| u64::try_from(n).ok());
        let text = |name| get(name).and_then(Value::as_text).map(ToString::to_string);
        if int(key::SCHEMA_VERSION)? != SCHEMA_VERSION {
            return None;
        }
        let others = rows.iter().filter(|(name, _)| name != key::DIGEST);
        if *get(key::DIGEST)? != digest(others.map(|(name, value)| (name.as_str(), value))) {
            return None;
        }
        let odd = split::<5>(get(key::ODD).and_then(Value::as_text).unwrap_or("0 0 0 0 0"))?;
        let [duplicates, orphans, dangling_labels, damages, compactions] = odd;
        let [user, assistant, tokens] = split::<3>(get(key::SAID).and_then(Value::as_text).unwrap_or("0 0 0"))?;
        let resume = match get(key::RESUME_AT)?.as_text()? {
            "rebuild" => Resume::Rebuild,
            at => {
                let [offset, record_seen, expect_lf] = split::<3>(at)?;
                Resume::At {
                    offset,
                    lines: count(key::LINES)?,
                    record_seen: record_seen == 1,
                    expect_lf: expect_lf == 1,
                }
            }
        };
        let (Some(Value::Blob(fingerprint)), Some(Value::Blob(check))) =
            (get(key::FINGERPRINT), get(key::TREE_CHECKSUM))
        else {
            return None;
        };
        Some(Self {
            session_id: text(key::SESSION_ID)?,
            stamp: FileStamp {
                dev: int(key::LOG_DEV)?.cast_unsigned(),
                ino: int(key::LOG_INO)?.cast_unsigned(),
                len: count(key::LOG_LEN)?,
                mtime_ns: int(key::LOG_MTIME_NS)?,
                ctime_ns: int(key::LOG_CTIME_NS)?,
            },
            fingerprint: Fingerprint::from_bytes(fingerprint)?,
            counts: Counts {
                entries: count(key::ENTRY_COUNT)?,
                messages: count(key::MESSAGES)?,
                said: SaidCounts { user, assistant, tokens },
                last_message_at: int(key::LAST_MESSAGE_AT),
                last_entry_at: int(key::LAST_ENTRY_AT),
                duplicates,
                orphans,
                dangling_labels,
                damages,
                compactions,
                title: text(key::TITLE),
                tags: text(key::TAGS).and_then(|array| tags::read_array(array.as_bytes())).unwrap_or_default(),
            },
            check: TreeChecksum::from_bytes(check)?,
            active_leaf: text(key::ACTIVE_LEAF),
            indexed_at: int(key::INDEXED_AT)?,
            synced_len: count(key::SYNCED_LEN)?,
            resume,
            unsynced_boot: text(key::UNSYNCED_BOOT),
            migrated_from: text(key::MIGRATED_FROM),
            migrated_at: int(key::MIGRATED_AT),
        })
    }
}

impl Value {
    const fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(n) => Some(*n),
            _ => None,
        }
    }

    fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Checksum of the rows, independent of their order, so that a flipped byte cannot change an answer.
fn digest<'a>(rows: impl Iterator<Item = (&'a str, &'a Value)>) -> Value {
    let sum = rows.fold(0u64, |sum, (key, value)| {
        let mut hasher = blake3::Hasher::new();
        hasher.update(key.as_bytes());
        match value {
            Value::Int(n) => hasher.update(b"\0i").update(&n.to_le_bytes()),
            Value::Text(text) => hasher.update(b"\0t").update(text.as_bytes()),
            Value::Blob(bytes) => hasher.update(b"\0b").update(bytes),
        };
        sum.wrapping_add(u64::from_le_bytes(*hasher.finalize().as_bytes().first_chunk().unwrap_or(&[0; 8])))
    });
    Value::Int(sum.cast_signed())
}

fn join(numbers: &[u64]) -> String {
    let texts: Vec<String> = numbers.iter().map(|n| format!("{n}")).collect();
    texts.join(" ")
}

fn split<const N: usize>(text: &str) -> Option<[u64; N]> {
    let numbers: Option<Vec<u64>> = text.split(' ').map(|n| n.parse().ok()).collect();
    numbers?.try_into().ok()
}
