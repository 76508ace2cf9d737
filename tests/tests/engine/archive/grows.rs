//! A log that grows push by push: what is put of it, and what it becomes.

use jcode_session_core::archive::{Chain, ChainSource, LARGEST, Piece, Pieces, Stored, take};
use jcode_session_core::segment::{Compress, Decompress};
use jcode_session_core::source::{ByteSource, SliceSource, SourceError};
use jcode_session_native::os::segments::Zstd;
use jcode_session_tests::effort::{cases, seeds};
use jcode_session_tests::generate::random;
use proptest::prelude::*;
use rand::RngExt;
use std::collections::BTreeMap;

/// Objects by the offset and the last state of the piece.
#[derive(Debug, Default)]
pub(super) struct Objects(pub(super) BTreeMap<(u64, String), Vec<u8>>);

/// An object in memory.
#[derive(Debug)]
pub(super) struct Bytes(Vec<u8>);

impl ByteSource for Bytes {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        SliceSource(&self.0).read_at(offset, buffer)
    }
}

impl Decompress for &Objects {
    fn decompress(&self, frame: &[u8], plain: &mut [u8]) -> bool {
        Zstd::default().decompress(frame, plain)
    }
}

impl Pieces for &Objects {
    type File = Bytes;

    fn open(&self, piece: &Piece) -> Result<Option<Bytes>, SourceError> {
        Ok(self.0.get(&(piece.from, piece.state.to_string())).cloned().map(Bytes))
    }

    fn shown(&self, piece: &Piece) -> String {
        format!("the piece at {}", piece.from)
    }

    fn with_stored<T>(&self, read: impl FnOnce(&mut Stored<Bytes>) -> T) -> T {
        read(&mut Stored::default())
    }
}

fn pushed(log: &[u8], known: &[&Chain], objects: &mut Objects, with: &dyn Compress) -> (Chain, u64) {
    let mut put = 0;
    let chain = take::<SourceError>(&SliceSource(log), log.len() as u64, known, with, &mut |piece, packed| {
        put += piece.len;
        let lines = &log[usize::try_from(piece.from).expect("small")..usize::try_from(piece.end()).expect("small")];
        assert!(lines.ends_with(b"\n"), "a piece is whole lines");
        objects.0.insert((piece.from, piece.state.to_string()), packed);
        Ok(piece)
    });
    (chain.expect("in memory"), put)
}

fn read_back(chain: &Chain, objects: &Objects) -> Vec<u8> {
    ChainSource::new(chain.clone(), objects).read_vec(0, usize::try_from(chain.len).expect("small")).expect("whole")
}

fn line(len: usize, number: usize) -> Vec<u8> {
    let mut line = format!("{{\"n\":{number},\"t\":\"").into_bytes();
    line.resize(line.len() + len, b'a' + (number % 26) as u8);
    line.extend_from_slice(b"\"}\n");
    line
}

#[test]
fn few_pieces_and_little_waste() {
    for seed in seeds(4) {
        let mut rng = random(seed);
        let (mut log, mut objects, mut all) = (Vec::new(), Objects::default(), 0);
        let mut chain: Option<Chain> = None;
        for push in 0..50 {
            for _ in 0..rng.random_range(1..6) {
                log.extend_from_slice(&line(rng.random_range(1..3000), push));
            }
            let known: Vec<&Chain> = chain.iter().collect();
            let (new, put) = pushed(&log, &known, &mut objects, &Zstd::default());
            assert_eq!(new.fault(), None);
            all += put;
            chain = Some(new);
        }
        let chain = chain.expect("pushed");
        assert!(read_back(&chain, &objects) == log);
        assert!(chain.pieces.len() <= 12, "{} pieces", chain.pieces.len());
        #[expect(clippy::cast_precision_loss, reason = "a ratio")]
        let waste = all as f64 / log.len() as f64;
        assert!(waste < 4.0, "{waste:.1} times the bytes of the log");
    }
}

#[test]
fn large_logs_are_cut_and_a_long_line_is_one_piece() {
    let largest = usize::try_from(LARGEST).expect("small");
    let mut log = Vec::new();
    while log.len() < largest + largest / 2 {
        log.extend_from_slice(&line(100_000, 1));
    }
    log.extend_from_slice(&line(largest + 10, 2));
    log.extend_from_slice(&line(5, 3));
    let mut objects = Objects::default();
    let (chain, _) = pushed(&log, &[], &mut objects, &Zstd { level: 1 });
    assert_eq!(chain.fault(), None);
    assert!(read_back(&chain, &objects) == log);
    assert!(chain.pieces.iter().filter(|piece| piece.len > LARGEST).count() == 1, "{:?}", chain.pieces);
    assert!(chain.pieces.len() >= 3);
}

proptest! {
    #![proptest_config(cases(64))]

    /// Whatever chains the store has of it, of this machine or of others: the log comes back as it is.
    #[test]
    fn any_history_comes_back(steps in proptest::collection::vec((0_usize..4, 1_usize..5), 1..12)) {
        let (mut log, mut objects) = (Vec::new(), Objects::default());
        let mut chains: Vec<Chain> = Vec::new();
        for (number, (kind, count)) in steps.into_iter().enumerate() {
            match kind {
                // Rolled back, or another history from here on.
                0 => {
                    let lines: Vec<&[u8]> = log.split_inclusive(|&byte| byte == b'\n').collect();
                    log = lines[..lines.len().saturating_sub(count)].concat();
                }
                _ => (0..count).for_each(|_| log.extend_from_slice(&line(count, number))),
            }
            let known: Vec<&Chain> = chains.iter().rev().collect();
            let (chain, _) = pushed(&log, &known, &mut objects, &Zstd { level: 1 });
            prop_assert_eq!(chain.fault(), None);
            prop_assert!(read_back(&chain, &objects) == log);
            chains.push(chain);
        }
        // And so does each earlier one: nothing of them was replaced.
        for chain in &chains {
            read_back(chain, &objects);
        }
    }
}
