//! Damage at the level of bytes and line ends: the work of a crash, a bad disk or a careless copy.

use std::ops::Range;

use rand::RngExt;
use rand::seq::IndexedRandom;

use crate::generate::Random;

/// The ranges of the lines, without their LF.
pub fn lines(log: &[u8]) -> Vec<Range<usize>> {
    let mut start = 0;
    let pieces = log.split_inclusive(|&byte| byte == b'\n');
    let ranges = pieces.map(|piece| {
        let end = start + piece.strip_suffix(b"\n").unwrap_or(piece).len();
        let range = start..end;
        start += piece.len();
        range
    });
    ranges.collect()
}

/// The line of the header; without a header, the first line that is not blank.
pub fn header(log: &[u8]) -> Option<Range<usize>> {
    let is_blank_or_mark = |byte: &u8| b" \t\r\xef\xbb\xbf".contains(byte);
    let content = |line: &Range<usize>| {
        let bytes = &log[line.clone()];
        bytes.get(bytes.iter().take_while(|byte| is_blank_or_mark(byte)).count()..).unwrap_or_default()
    };
    let all = lines(log);
    let header = all.iter().find(|line| content(line).starts_with(br#"{"type":"session""#));
    header.or_else(|| all.iter().find(|line| !content(line).is_empty())).cloned()
}

/// A random line after the header with at least two bytes.
pub fn body_line(log: &[u8], rng: &mut Random) -> Option<Range<usize>> {
    let end = header(log)?.end;
    let body: Vec<_> = lines(log).into_iter().filter(|line| line.start > end && line.len() > 1).collect();
    body.choose(rng).cloned()
}

/// Cuts off the end: mostly within the last few hundred bytes, sometimes far earlier.
pub fn truncate(log: &mut Vec<u8>, rng: &mut Random) {
    let Some(header) = header(log) else { return };
    let first = if rng.random_bool(0.8) { log.len().saturating_sub(400) } else { 0 }.max(header.end);
    log.truncate(rng.random_range(first..=log.len()));
}

/// Fuses two lines. The header may be the first of them.
pub fn drop_lf(log: &mut Vec<u8>, rng: &mut Random) {
    let Some(header) = header(log) else { return };
    let ends = lines(log).into_iter().map(|line| line.end);
    let ends: Vec<usize> = ends.filter(|&end| end >= header.end && end + 1 < log.len()).collect();
    if let Some(&end) = ends.choose(rng) {
        log.remove(end);
    }
}

pub fn drop_last_lf(log: &mut Vec<u8>) {
    log.pop_if(|byte| *byte == b'\n');
}

/// Cuts off the end of a line, and with `fuse` its LF too, so that the next record follows directly.
pub fn tear(log: &mut Vec<u8>, rng: &mut Random, fuse: bool) {
    if let Some(line) = body_line(log, rng) {
        let end = (line.end + usize::from(fuse)).min(log.len());
        log.drain(rng.random_range(line.start + 1..line.end)..end);
    }
}

pub fn lose_start(log: &mut Vec<u8>, rng: &mut Random) {
    if let Some(line) = body_line(log, rng) {
        let end = rng.random_range(line.start + 1..line.end);
        log.drain(line.start..end);
    }
}

/// Removes the last byte of a line. If the payload ends the line, an object of the payload then stands at the line's
/// end.
pub fn lose_last_byte(log: &mut Vec<u8>, rng: &mut Random) {
    if let Some(line) = body_line(log, rng) {
        log.remove(line.end - 1);
    }
}

/// NULs before a line: inserted, or in place of its first bytes.
pub fn nul_line_start(log: &mut Vec<u8>, rng: &mut Random) {
    let Some(line) = body_line(log, rng) else {
        return;
    };
    let nuls = rng.random_range(1..=line.len());
    if rng.random_bool(0.5) {
        log.splice(line.start..line.start, vec![0; nuls]);
    } else {
        log[line.start..line.start + nuls].fill(0);
    }
}

/// NULs over a stretch of the log, line ends included, like a block that was never written.
pub fn nul_middle(log: &mut [u8], rng: &mut Random) {
    let Some(line) = body_line(log, rng) else {
        return;
    };
    let start = rng.random_range(line);
    let end = (start + rng.random_range(1..1500)).min(log.len());
    log[start..end].fill(0);
}

/// NULs at the end: after the log, or in place of its last bytes.
pub fn nul_tail(log: &mut Vec<u8>, rng: &mut Random) {
    let Some(header) = header(log) else { return };
    let nuls = rng.random_range(1..1500);
    if rng.random_bool(0.5) {
        log.extend(vec![0; nuls]);
    } else {
        let start = log.len().saturating_sub(nuls).max(header.end);
        log[start..].fill(0);
    }
}

pub fn flip(log: &mut [u8], rng: &mut Random) {
    let Some(header) = header(log) else { return };
    for _ in 0..rng.random_range(1..4) {
        if header.end < log.len() {
            let at = rng.random_range(header.end..log.len());
            log[at] ^= rng.random_range(1..=255_u8);
        }
    }
}

/// Inserts bytes into the text of some string. Generated logs are compact JSON, so a letter followed by a space is
/// inside a string, and not behind a backslash.
pub fn insert_in_string(log: &mut Vec<u8>, bytes: &[u8], rng: &mut Random) {
    let Some(line) = body_line(log, rng) else {
        return;
    };
    let letters_before_space = log[line.clone()]
        .windows(3)
        .enumerate()
        .filter(|(_, w)| w[0] != b'\\' && w[1].is_ascii_alphabetic() && w[2] == b' ');
    let places: Vec<usize> = letters_before_space.map(|(at, _)| line.start + at + 2).collect();
    if let Some(&place) = places.choose(rng) {
        log.splice(place..place, bytes.iter().copied());
    }
}

pub fn break_header(log: &mut Vec<u8>, rng: &mut Random) {
    if let Some(header) = header(log) {
        log.remove(if rng.random_bool(0.5) { header.start } else { header.end - 1 });
    }
}

pub fn nul_header(log: &mut Vec<u8>) {
    if let Some(header) = header(log) {
        log.splice(header.start..header.start, [0; 16]);
    }
}

/// A byte order mark at the start. A second one would no longer be at the start.
pub fn byte_order_mark(log: &mut Vec<u8>) {
    if !log.starts_with(b"\xef\xbb\xbf") {
        log.splice(0..0, *b"\xef\xbb\xbf");
    }
}
