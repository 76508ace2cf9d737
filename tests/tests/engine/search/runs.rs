//! Runs of lines: whatever the ranges, each line is given once.

use jcode_session_core::search::lines_in;
use jcode_session_core::source::{ByteSource, SliceSource, SourceError};
use jcode_session_tests::effort::cases;
use proptest::prelude::*;

/// A source that must be read.
struct InPieces<'b>(SliceSource<'b>);

impl ByteSource for InPieces<'_> {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        self.0.read_at(offset, buffer)
    }
}

fn lines(source: &impl ByteSource, cut: u64) -> Vec<(u64, Vec<u8>)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < source.len() {
        let see = &mut |mut offset: u64, bytes: &[u8]| {
            for line in bytes.split(|&byte| byte == b'\n') {
                found.push((offset, line.to_vec()));
                offset += line.len() as u64 + 1;
            }
        };
        lines_in(source, at..at + cut, see).expect("read");
        at += cut;
    }
    found
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn ranges_give_each_line_once(bytes in "[a\n]{0,40}", cut in 1..12_u64) {
        let mut expected = Vec::new();
        let mut at = 0;
        for line in bytes.as_bytes().split_inclusive(|&byte| byte == b'\n') {
            expected.push((at, line.strip_suffix(b"\n").unwrap_or(line).to_vec()));
            at += line.len() as u64;
        }
        let source = SliceSource(bytes.as_bytes());
        prop_assert_eq!(&lines(&source, cut), &expected);
        prop_assert_eq!(&lines(&InPieces(source), cut), &expected);
    }
}
