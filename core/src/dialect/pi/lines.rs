//! Upgrades `linear-v1` and `tree-v2` logs to `tree-v3`.
//!
//! If you change what an upgrade changes, then change `check` and section 3.3 of `docs/format.md` too.
//!
//! Owns: ids and parents for entries without usable ones, `firstKeptEntryIndex`, the role `hookMessage` and the
//! header's version. It follows pi's own migration.
//! Invariant: all other bytes stay unchanged, including lines that are not records. Nothing is reordered, dropped or
//! merged.

use crate::dialect::ids::IdMaker;
use crate::dialect::splice::{Splice, field};
use crate::dialect::upgraded::UpgradedLog;
use crate::finding::Finding;
use crate::json::text::{integer, write_string};
use crate::log::{BadField, Damage, Dialect, Header, LogScan, LogSink, Record, scan_source};
use crate::source::{ByteSource, Rope, SourceError};
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// Splices a `linear-v1` or `tree-v2` log into a `tree-v3` one.
///
/// # Errors
/// Fails if the source cannot be read or `tick` interrupts.
pub(super) fn upgrade_lines<S: ByteSource>(
    source: S,
    dialect: Dialect,
    header: Option<&Header>,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<UpgradedLog<S>, SourceError> {
    let len = source.len();
    let session_id = header.and_then(|header| header.session_id.as_deref()).unwrap_or_default();
    let linear = dialect == Dialect::LinearV1;
    let mut survey = Survey::default();
    if linear {
        // All ids in the log must be known before one is made, and a compaction may name a later entry.
        scan_source(&source, 0..len, LogScan::new().every_line(), &mut survey, tick)?;
    }
    let ids = IdMaker::new(session_id, survey.taken);
    let mut upgrade = Upgrade {
        rope: Rope::new(Vec::new()),
        done: 0,
        linear: linear.then(|| Linear { ids, records: survey.records, entries: 0, last_id: None, mended: Vec::new() }),
    };
    scan_source(&source, 0..len, LogScan::new().every_line(), &mut upgrade, tick)?;
    upgrade.rope.push_original(0, upgrade.done, len);
    let mended = upgrade.linear.map(|linear| linear.mended).unwrap_or_default();
    Ok(UpgradedLog { rope: upgrade.rope.over(alloc::vec![source]), mended, header: None })
}

/// A record to which `firstKeptEntryIndex` may point.
#[derive(Debug)]
enum Target {
    /// A header.
    Header,
    /// The entry with this number, which gets a made id.
    Made(u64),
    /// An entry with its own id token.
    Own(Vec<u8>),
}

/// First pass: all records, counted as pi counts them.
#[derive(Debug, Default)]
struct Survey {
    records: Vec<Target>,
    taken: BTreeSet<String>,
    entries: u64,
}

impl LogSink for Survey {
    fn header(&mut self, _: &Record<'_>) -> ControlFlow<()> {
        self.records.push(Target::Header);
        ControlFlow::Continue(())
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        let target = match (entry.fields.usable_id(), entry.fields.id) {
            (Some(id), Some(token)) => {
                self.taken.insert(id.into_owned());
                Target::Own(token.to_vec())
            }
            _ => Target::Made(self.entries),
        };
        self.records.push(target);
        self.entries += 1;
        ControlFlow::Continue(())
    }

    fn damage(&mut self, damage: Damage) -> ControlFlow<()> {
        if damage.code == crate::log::DamageCode::SecondHeader {
            self.records.push(Target::Header);
        }
        ControlFlow::Continue(())
    }
}

/// State for `linear-v1` only.
#[derive(Debug)]
struct Linear {
    ids: IdMaker,
    records: Vec<Target>,
    entries: u64,
    /// Id of the previous entry in the upgraded log.
    last_id: Option<Vec<u8>>,
    mended: Vec<Finding>,
}

/// Second pass: builds the rope.
struct Upgrade {
    rope: Rope<()>,
    /// End of the original bytes in the rope.
    done: u64,
    linear: Option<Linear>,
}

impl Upgrade {
    fn apply(&mut self, record: &Record<'_>, splice: Splice<'_>) {
        self.rope.push_original(0, self.done, record.offset);
        splice.apply(&mut self.rope, record.offset);
        self.done = record.offset + record.bytes.len() as u64;
    }
}

impl LogSink for Upgrade {
    fn header(&mut self, header: &Record<'_>) -> ControlFlow<()> {
        let mut splice = Splice::new(header.bytes);
        match header.fields.version {
            Some(version) => splice.replace(version, b"3"),
            None => splice.insert_behind(header.fields.kind, &[("version", b"3")]),
        }
        self.apply(header, splice);
        ControlFlow::Continue(())
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        let mut splice = Splice::new(entry.bytes);
        let kind = entry.fields.kind_text();
        if let Some(linear) = &mut self.linear {
            linear.link(entry, &mut splice);
            if kind == "compaction" {
                linear.first_kept(entry, &mut splice);
            }
        }
        if kind == "message"
            && let Some(role) = entry.fields.message.and_then(|message| field(message, "role"))
            && role == b"\"hookMessage\""
        {
            splice.replace(role, b"\"custom\"");
        }
        self.apply(entry, splice);
        ControlFlow::Continue(())
    }

    fn damage(&mut self, _: Damage) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

impl Linear {
    /// Adds the missing id and parent of an entry, and replaces unusable ones.
    fn link(&mut self, entry: &Record<'_>, splice: &mut Splice<'_>) {
        let fields = &entry.fields;
        let read = fields.entry();
        let made = read.id.is_none().then(|| self.ids.id(self.entries));
        let id_json = made.as_deref().map_or_else(|| fields.id.unwrap_or_default().to_vec(), json);
        let parent_json = self.last_id.take().unwrap_or_else(|| b"null".to_vec());
        let mut missing: Vec<(&str, &[u8])> = Vec::new();
        match fields.id {
            Some(unusable) if made.is_some() => splice.replace(unusable, &id_json),
            None => missing.push(("id", &id_json)),
            Some(_) => {}
        }
        match fields.parent_token() {
            Some(unusable) if read.bad().any(|field| field == BadField::Parent) => {
                splice.replace(unusable, &parent_json);
            }
            None => missing.push(("parentId", &parent_json)),
            Some(_) => {}
        }
        splice.insert_behind(fields.kind, &missing);
        let key = made.or_else(|| read.id.as_deref().map(String::from)).unwrap_or_default();
        self.mended.extend(read.bad().filter_map(|field| Finding::from_replaced_field(field, entry, &key)));
        self.entries += 1;
        self.last_id = Some(id_json);
    }

    /// Replaces the index of a compaction's first kept entry by that entry's id, or removes it.
    fn first_kept(&self, entry: &Record<'_>, splice: &mut Splice<'_>) {
        let Some(token) = entry.fields.first_kept_index else { return };
        let index = integer(token).and_then(|index| usize::try_from(index).ok());
        let id_json = match index.and_then(|index| self.records.get(index)) {
            Some(Target::Own(id)) => Some(id.clone()),
            Some(Target::Made(position)) => Some(json(&self.ids.id(*position))),
            Some(Target::Header) | None => None,
        };
        splice.replace_field(token, id_json.as_deref().map(|id| ("firstKeptEntryId", id)));
    }
}

fn json(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    write_string(&mut out, text);
    out
}
