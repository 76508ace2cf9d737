//! Salvage. Owns which objects inside a damaged line are records. Payloads hold objects that look like entries, so a
//! record must be anchored: to the line's start by a chain of records, or to the line's end by records that directly
//! follow one another.

use crate::oracle::fields::{is_salvageable, is_session};
use crate::oracle::json::{Object, is_blank, object_at};

/// An object that was found in a damaged line.
#[derive(Debug)]
pub struct Found {
    /// Where it starts in the line.
    pub start: usize,
    pub object: Object,
}

/// The records of one damaged line, in file order.
#[derive(Debug)]
pub struct Salvage {
    /// The chain from the line's start.
    pub chain: Vec<Found>,
    /// The end of the chain: the first byte that is neither in it nor blank.
    pub chain_end: usize,
    /// The records that are anchored to the line's end.
    pub tail: Vec<Found>,
}

/// Salvages a damaged line. `may_begin_log`: there is no record before this line, so that a header, which has no
/// `parentId`, may begin the chain.
pub fn salvage(line: &[u8], may_begin_log: bool) -> Salvage {
    let (chain, chain_end) = chain(line, may_begin_log);
    let tail = tail(line, chain_end);
    Salvage { chain, chain_end, tail }
}

fn chain(line: &[u8], may_begin_log: bool) -> (Vec<Found>, usize) {
    let mut chain = Vec::new();
    let mut at = skip_blanks(line, 0);
    while let Some(object) = object_at(line, at) {
        let is_header = may_begin_log && chain.is_empty() && is_session(&object);
        if !is_header && !is_salvageable(&object) {
            break;
        }
        let end = object.end;
        chain.push(Found { start: at, object });
        at = skip_blanks(line, end);
    }
    (chain, at)
}

/// Collects records from right to left: each record found moves the anchor to its start. An object inside a found one
/// does not end at the anchor.
fn tail(line: &[u8], floor: usize) -> Vec<Found> {
    let mut tail = Vec::new();
    let mut anchor = content_end(line);
    for start in (floor..line.len()).rev().filter(|&at| line[at] == b'{') {
        if let Some(object) = object_at(line, start)
            && object.end == anchor
            && is_salvageable(&object)
        {
            anchor = content_end(&line[..start]);
            tail.push(Found { start, object });
        }
    }
    tail.reverse();
    tail
}

fn skip_blanks(line: &[u8], from: usize) -> usize {
    from + line[from..].iter().take_while(|&&byte| is_blank(byte)).count()
}

/// The length without whitespace and NULs at the end.
fn content_end(line: &[u8]) -> usize {
    line.iter().rposition(|&byte| !is_blank(byte) && byte != 0).map_or(0, |last| last + 1)
}
