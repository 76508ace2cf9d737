//! From lines to records. Owns which lines are whole records, which are damaged, and the single finding of each damaged
//! line. Ids and parents are not read here.

use crate::oracle::batch::torn_batch;
use crate::oracle::frame::{Line, lines};
use crate::oracle::header;
use crate::oracle::json::{Object, is_blank, object_at};
use crate::oracle::model::OracleFinding;
use crate::oracle::salvage::{Found, Salvage, salvage};

/// A header or an entry, with the place of its bytes.
#[derive(Debug)]
pub struct Record {
    pub object: Object,
    pub offset: u64,
    pub len: u64,
    pub line: u64,
    /// The end of the record's line, without its LF.
    pub line_end: u64,
}

/// All records of a log in file order, and the findings about its lines.
#[derive(Debug, Default)]
pub struct Scan {
    pub records: Vec<Record>,
    pub findings: Vec<OracleFinding>,
}

pub fn scan(bytes: &[u8]) -> Scan {
    let mut lines = lines(bytes);
    let mut scan = Scan::default();
    let torn = torn_batch(&lines).map(|at| lines[at]);
    if let Some(first) = torn {
        scan.findings.push(OracleFinding::new("torn-batch", first.start as u64, first.number));
        lines.retain(|line| line.start < first.start);
    }
    // Blank lines mean nothing, so the last non-blank line counts as the last line of the log.
    lines.retain(|line| !line.is_blank());
    for (at, line) in lines.iter().enumerate() {
        if let Some(object) = whole_record(line.bytes) {
            if !line.terminated {
                scan.findings.push(OracleFinding::new("torn-tail", line.start as u64, line.number));
            }
            scan.push(object, line, 0, line.bytes.len());
        } else {
            let line_end = (line.start + line.bytes.len()) as u64;
            let salvage = salvage(line.bytes, header::may_follow(&scan.records, line_end));
            let is_last = at + 1 == lines.len() && torn.is_none();
            scan.findings.push(judge(line, &salvage, is_last));
            for Found { start, object } in salvage.chain.into_iter().chain(salvage.tail) {
                let len = object.end - start;
                scan.push(object, line, start, len);
            }
        }
    }
    scan
}

impl Scan {
    fn push(&mut self, object: Object, line: &Line, start: usize, len: usize) {
        let offset = (line.start + start) as u64;
        if object.invalid_utf8 {
            self.findings.push(OracleFinding::new("invalid-utf8", offset, line.number));
        }
        if object.lone_surrogate {
            self.findings.push(OracleFinding::new("lone-surrogate", offset, line.number));
        }
        let line_end = (line.start + line.bytes.len()) as u64;
        self.records.push(Record { object, offset, len: len as u64, line: line.number, line_end });
    }
}

/// The object that fills the line, apart from surrounding whitespace.
pub fn whole_record(line: &[u8]) -> Option<Object> {
    let start = line.iter().position(|&byte| !is_blank(byte))?;
    let object = object_at(line, start)?;
    line[object.end..].iter().copied().all(is_blank).then_some(object)
}

/// The single finding of a damaged line.
fn judge(line: &Line, salvage: &Salvage, is_last: bool) -> OracleFinding {
    let salvaged = salvage.chain.len() + salvage.tail.len();
    let lost = lost_bytes(line.bytes, salvage);
    let only_nuls_lost = lost.iter().all(|&byte| byte == 0 || is_blank(byte));
    let line_has_nul = line.bytes.contains(&0);
    let mut start = line.start;
    let code = if only_nuls_lost && lost.contains(&0) {
        "nul-run"
    } else if salvaged > 0 && is_last && salvage.tail.is_empty() && !only_nuls_lost {
        start += salvage.chain_end;
        "torn-tail"
    } else if salvaged > 0 {
        "fused-records"
    } else if line_has_nul {
        "nul-run"
    } else if is_last {
        "torn-tail"
    } else {
        "invalid-json"
    };
    OracleFinding {
        salvaged,
        all_recovered: salvaged > 0 && only_nuls_lost,
        ..OracleFinding::new(code, start as u64, line.number)
    }
}

/// The bytes of the line that are in no salvaged record.
fn lost_bytes(line: &[u8], salvage: &Salvage) -> Vec<u8> {
    let mut lost = Vec::new();
    let mut at = 0;
    for found in salvage.chain.iter().chain(&salvage.tail) {
        lost.extend_from_slice(&line[at..found.start]);
        at = found.object.end;
    }
    lost.extend_from_slice(&line[at..]);
    lost
}
