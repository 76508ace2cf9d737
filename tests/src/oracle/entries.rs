//! From records to entries. Owns which record is a second header, and the key of each entry. Parents are read here but
//! not looked up.

use std::collections::HashSet;

use crate::oracle::fields::{self, Named};
use crate::oracle::header::header_of;
use crate::oracle::model::{OracleEntry, OracleFinding, OracleHeader};
use crate::oracle::scan::Record;

/// The header, the entries without their places in the tree, and the findings so far.
#[derive(Debug, Default)]
pub struct Built<'a> {
    pub header: Option<OracleHeader>,
    pub entries: Vec<OracleEntry>,
    /// The record that each entry was read from.
    pub sources: Vec<&'a Record>,
    pub findings: Vec<OracleFinding>,
}

pub fn build(records: &[Record]) -> Built<'_> {
    let mut built = Built::default();
    let mut keys = HashSet::new();
    let mut ids = HashSet::new();
    // Records before the header belong to another program and are no entries.
    let (header, behind) = match header_of(records) {
        Some(at) => (Some(&records[at]), &records[at + 1..]),
        None => (None, records),
    };
    match header {
        Some(record) => built.read_header(record),
        None => match behind.iter().find(|record| !fields::is_session(&record.object)) {
            Some(first) => built.find("no-header", first),
            None => built.findings.push(OracleFinding::new("no-header", 0, 1)),
        },
    }
    for record in behind {
        if fields::is_session(&record.object) {
            built.find("second-header", record);
            continue;
        }
        let mut entry = unplaced_entry(record);
        if fields::bad_timestamp(&record.object) {
            built.find("bad-field", record);
        }
        entry.key = match &entry.log_id {
            None => {
                let is_there = fields::id(&record.object) != Named::Nothing;
                built.find(if is_there { "bad-field" } else { "missing-id" }, record);
                format!("@{}", record.offset)
            }
            Some(id) if !ids.insert(id.clone()) => {
                built.find("duplicate-id", record);
                format!("{id}#{}", record.offset)
            }
            Some(id) => id.clone(),
        };
        while !keys.insert(entry.key.clone()) {
            entry.key = format!("{}#{}", entry.key, record.offset);
        }
        built.entries.push(entry);
        built.sources.push(record);
    }
    built
}

impl Built<'_> {
    fn find(&mut self, code: &'static str, record: &Record) {
        self.findings.push(OracleFinding::new(code, record.offset, record.line));
    }

    fn read_header(&mut self, record: &Record) {
        let version = fields::version(&record.object);
        self.header = Some(OracleHeader {
            offset: record.offset,
            len: record.len,
            session_id: fields::session_id(&record.object),
            version,
        });
    }
}

fn unplaced_entry(record: &Record) -> OracleEntry {
    OracleEntry {
        key: String::new(),
        log_id: fields::id(&record.object).id(),
        parent_id: fields::parent(&record.object).id(),
        parent: None,
        kind: fields::kind(&record.object),
        ts: fields::timestamp(&record.object),
        offset: record.offset,
        len: record.len,
        line: record.line,
        leaf: false,
        branch_point: false,
        depth: 0,
    }
}
