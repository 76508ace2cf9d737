//! `linear-v1` and `tree-v2` to `tree-v3`.
//!
//! Owns: ids and parents for entries that have none, `firstKeptEntryIndex`, the role `hookMessage`, the header's
//! version. Follows what pi's own migration does to such sessions.
//! Invariant: lines that are no records pass unchanged; so do all bytes of records besides the named fields.
//! Does not: reorder, drop or merge anything.

use crate::dialect::ids::IdMaker;
use crate::dialect::splice::{Splice, field};
use crate::json::text::{integer, write_string};
use crate::log::{Damage, Dialect, Header, LogScan, LogSink, Record, scan_source};
use crate::source::{ByteSource, Rope, SourceError};
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::ops::ControlFlow;

/// Splices a `linear-v1` or `tree-v2` log into a `tree-v3` one.
///
/// # Errors
/// If the source cannot be read, or `tick` interrupts.
pub(super) fn upgrade_lines<S: ByteSource>(
    source: S,
    dialect: Dialect,
    header: Option<&Header>,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Rope<S>, SourceError> {
    let len = source.len();
    let session_id = header.and_then(|header| header.session_id.as_deref()).unwrap_or_default();
    let linear = dialect == Dialect::LinearV1;
    let mut survey = Survey::default();
    if linear {
        // Ids that the log holds must be known before the first one is made, and a compaction may name a later entry.
        scan_source(&source, 0..len, LogScan::new(), &mut survey, tick)?;
    }
    let ids = IdMaker::new(session_id, survey.taken);
    let mut upgrade = Upgrade {
        rope: Rope::new(Vec::new()),
        done: 0,
        linear: linear.then_some(Linear { ids, records: survey.records, entries: 0, last_id: None }),
    };
    scan_source(&source, 0..len, LogScan::new(), &mut upgrade, tick)?;
    upgrade.rope.push_original(0, upgrade.done, len);
    Ok(upgrade.rope.over(alloc::vec![source]))
}

/// What `firstKeptEntryIndex` may point at.
#[derive(Debug)]
enum Target {
    /// A header.
    Header,
    /// The entry with this number, which has no id of its own.
    Made(u64),
    /// An entry with an id.
    Own(String),
}

/// First pass: every record, as pi counts them.
#[derive(Debug, Default)]
struct Survey {
    records: Vec<Target>,
    taken: BTreeSet<String>,
    entries: u64,
}

impl LogSink for Survey {
    type Break = Infallible;

    fn header(&mut self, _: &Record<'_>) -> ControlFlow<Infallible> {
        self.records.push(Target::Header);
        ControlFlow::Continue(())
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<Infallible> {
        let target = match entry.fields.usable_id() {
            Some(id) => {
                self.taken.insert(id.clone().into_owned());
                Target::Own(id.into_owned())
            }
            None => Target::Made(self.entries),
        };
        self.records.push(target);
        self.entries += 1;
        ControlFlow::Continue(())
    }

    fn damage(&mut self, damage: Damage) -> ControlFlow<Infallible> {
        if damage.code == crate::log::DamageCode::SecondHeader {
            self.records.push(Target::Header);
        }
        ControlFlow::Continue(())
    }
}

/// What only `linear-v1` needs.
#[derive(Debug)]
struct Linear {
    ids: IdMaker,
    records: Vec<Target>,
    entries: u64,
    last_id: Option<String>,
}

/// Second pass: the rope.
struct Upgrade {
    rope: Rope<()>,
    /// End of the original bytes that are in the rope.
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
    type Break = Infallible;

    fn header(&mut self, header: &Record<'_>) -> ControlFlow<Infallible> {
        let mut splice = Splice::new(header.bytes);
        match header.fields.version {
            Some(version) => splice.replace(version, b"3"),
            None => splice.insert_behind(header.fields.kind, &[("version", b"3")]),
        }
        self.apply(header, splice);
        ControlFlow::Continue(())
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<Infallible> {
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
}

impl Linear {
    /// Gives an entry the id and the parent that it lacks.
    fn link(&mut self, entry: &Record<'_>, splice: &mut Splice<'_>) {
        let fields = &entry.fields;
        let own = fields.usable_id().map(|id| id.into_owned());
        let id = own.clone().unwrap_or_else(|| self.ids.id(self.entries));
        let id_json = json(&id);
        let parent_json = self.last_id.as_deref().map_or_else(|| b"null".to_vec(), json);
        let mut missing: Vec<(&str, &[u8])> = Vec::new();
        match (&own, fields.id) {
            (None, Some(unusable)) => splice.replace(unusable, &id_json),
            (None, None) => missing.push(("id", &id_json)),
            (Some(_), _) => {}
        }
        if fields.parent.is_none() && fields.parent_snake.is_none() {
            missing.push(("parentId", &parent_json));
        }
        splice.insert_behind(fields.kind, &missing);
        self.entries += 1;
        self.last_id = Some(id);
    }

    /// Turns the index of a compaction's first kept entry into that entry's id, or drops it.
    fn first_kept(&self, entry: &Record<'_>, splice: &mut Splice<'_>) {
        let Some(token) = entry.fields.first_kept_index else { return };
        let index = integer(token).and_then(|index| usize::try_from(index).ok());
        let id = match index.and_then(|index| self.records.get(index)) {
            Some(Target::Own(id)) => Some(id.clone()),
            Some(Target::Made(position)) => Some(self.ids.id(*position)),
            Some(Target::Header) | None => None,
        };
        let id_json = id.as_deref().map(json);
        splice.replace_field(token, id_json.as_deref().map(|id| ("firstKeptEntryId", id)));
    }
}

fn json(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    write_string(&mut out, text);
    out
}
