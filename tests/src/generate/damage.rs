//! Damage: one variant for each thing that goes wrong with logs, from power cuts to careless programs. Owns the list,
//! and what a caller needs to know about each variant. `damage_bytes`, `damage_lines` and `damage_fields` implement
//! them. Damage that finds nothing to change leaves the bytes as they are.

use rand::RngExt;
use rand::seq::IndexedRandom;

use crate::generate::Random;
use crate::generate::{damage_bytes as bytes, damage_fields as fields, damage_lines as lines};

/// One kind of damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    Truncate,
    DropLf,
    DropLastLf,
    TornThenNext,
    TornLine,
    LostLineStart,
    LostLastBrace,
    NulLineStart,
    NulMiddle,
    NulTail,
    NulLine,
    FlipBytes,
    InvalidUtf8,
    LoneSurrogate,
    RawControl,
    LineSeparator,
    SwapLines,
    RepeatLine,
    BlankLine,
    BlanksAround,
    CarriageReturns,
    ByteOrderMark,
    LateByteOrderMark,
    SecondHeader,
    /// Lines of another program before the header.
    LinesBeforeHeader,
    /// Lines before the header that are no records.
    BrokenBeforeHeader,
    FusedInOddWays,
    NonObject,
    GiantLine,
    DeepLine,
    DuplicateId,
    MissingId,
    MissingParent,
    LaterParent,
    SelfParent,
    NoParent,
    BadId,
    BadParent,
    BadTimestamp,
    NumberIds,
    EscapedKeys,
    RepeatedKeys,
    SnakeCaseParent,
    OddTimestamp,
    LooseLabel,
    /// An entry claims to begin a batch.
    Batch,
    /// The line of the header is removed.
    NoHeader,
    /// The line of the header no longer parses.
    BrokenHeader,
    /// NULs in place of the start of the header.
    NulHeader,
    /// An entry before the header.
    EntryBeforeHeader,
}

impl Damage {
    /// All kinds that keep a readable header readable.
    pub const BODY: [Damage; 46] = [
        Self::Truncate,
        Self::DropLf,
        Self::DropLastLf,
        Self::TornThenNext,
        Self::TornLine,
        Self::LostLineStart,
        Self::LostLastBrace,
        Self::NulLineStart,
        Self::NulMiddle,
        Self::NulTail,
        Self::NulLine,
        Self::FlipBytes,
        Self::InvalidUtf8,
        Self::LoneSurrogate,
        Self::RawControl,
        Self::LineSeparator,
        Self::SwapLines,
        Self::RepeatLine,
        Self::BlankLine,
        Self::BlanksAround,
        Self::CarriageReturns,
        Self::ByteOrderMark,
        Self::LateByteOrderMark,
        Self::SecondHeader,
        Self::LinesBeforeHeader,
        Self::BrokenBeforeHeader,
        Self::FusedInOddWays,
        Self::NonObject,
        Self::GiantLine,
        Self::DeepLine,
        Self::DuplicateId,
        Self::MissingId,
        Self::MissingParent,
        Self::LaterParent,
        Self::SelfParent,
        Self::NoParent,
        Self::BadId,
        Self::BadParent,
        Self::BadTimestamp,
        Self::NumberIds,
        Self::EscapedKeys,
        Self::RepeatedKeys,
        Self::SnakeCaseParent,
        Self::OddTimestamp,
        Self::LooseLabel,
        Self::Batch,
    ];

    /// All kinds that destroy the header. The reader decides which dialect is left then.
    pub const HEADER: [Damage; 4] = [Self::NoHeader, Self::BrokenHeader, Self::NulHeader, Self::EntryBeforeHeader];

    /// Applies this damage once, at some place.
    pub fn apply(self, log: &mut Vec<u8>, rng: &mut Random) {
        match self {
            Self::Truncate => bytes::truncate(log, rng),
            Self::DropLf => bytes::drop_lf(log, rng),
            Self::DropLastLf => bytes::drop_last_lf(log),
            Self::TornThenNext => bytes::tear(log, rng, true),
            Self::TornLine => bytes::tear(log, rng, false),
            Self::LostLineStart => bytes::lose_start(log, rng),
            Self::LostLastBrace => bytes::lose_last_byte(log, rng),
            Self::NulLineStart => bytes::nul_line_start(log, rng),
            Self::NulMiddle => bytes::nul_middle(log, rng),
            Self::NulTail => bytes::nul_tail(log, rng),
            Self::NulLine => lines::insert(log, &vec![0; rng.random_range(1..600)], rng),
            Self::FlipBytes => bytes::flip(log, rng),
            Self::InvalidUtf8 => {
                let broken: [&[u8]; 5] = [b"\xff", b"\xc3", b"\xe2\x82", b"\xed\xa0\x80", b"\xc0\xaf"];
                bytes::insert_in_string(log, broken.choose(rng).unwrap_or(&broken[0]), rng);
            }
            Self::LoneSurrogate => {
                let lone = [r"\ud83d", r"\uDE00", r"\ud83d\ud83d\ude00", r"\udfffx"];
                bytes::insert_in_string(log, lone.choose(rng).unwrap_or(&lone[0]).as_bytes(), rng);
            }
            Self::RawControl => {
                let control = *[0x01, b'\t', b'\r', 0x1f, 0].choose(rng).unwrap_or(&0);
                bytes::insert_in_string(log, &[control], rng);
            }
            Self::LineSeparator => bytes::insert_in_string(log, "\u{2028}\u{85}".as_bytes(), rng),
            Self::SwapLines => lines::swap(log, rng),
            Self::RepeatLine => lines::repeat(log, rng),
            Self::BlankLine => lines::insert_blank(log, rng),
            Self::BlanksAround => lines::blanks_around(log, rng),
            Self::CarriageReturns => lines::carriage_returns(log, rng),
            Self::ByteOrderMark => bytes::byte_order_mark(log),
            Self::LateByteOrderMark => lines::late_mark(log, rng),
            Self::SecondHeader => lines::second_header(log, rng),
            Self::LinesBeforeHeader => lines::before_header(log, false, rng),
            Self::BrokenBeforeHeader => lines::before_header(log, true, rng),
            Self::FusedInOddWays => lines::fuse(log, rng),
            Self::NonObject => lines::non_object(log, rng),
            Self::GiantLine => lines::giant(log, rng),
            Self::DeepLine => lines::deep(log, rng),
            Self::DuplicateId => fields::duplicate_id(log, rng),
            Self::MissingId => fields::missing_id(log, rng),
            Self::MissingParent => fields::missing_parent(log, rng),
            Self::LaterParent => fields::later_parent(log, rng),
            Self::SelfParent => fields::self_parent(log, rng),
            Self::NoParent => fields::no_parent(log, rng),
            Self::BadId => fields::bad_id(log, rng),
            Self::BadParent => fields::bad_parent(log, rng),
            Self::BadTimestamp => fields::bad_timestamp(log, rng),
            Self::NumberIds => fields::number_ids(log, rng),
            Self::EscapedKeys => fields::escaped_keys(log, rng),
            Self::RepeatedKeys => fields::repeated_keys(log, rng),
            Self::SnakeCaseParent => fields::snake_case_parent(log, rng),
            Self::OddTimestamp => fields::odd_timestamp(log, rng),
            Self::LooseLabel => fields::loose_label(log, rng),
            Self::Batch => fields::batch(log, rng),
            Self::NoHeader => lines::remove_header(log),
            Self::BrokenHeader => bytes::break_header(log, rng),
            Self::NulHeader => bytes::nul_header(log),
            Self::EntryBeforeHeader => lines::entry_before_header(log),
        }
    }
}

/// The log with one to four kinds of damage. The header stays readable.
pub fn damage(log: &[u8], rng: &mut Random) -> Vec<u8> {
    let mut damaged = log.to_vec();
    for _ in 0..rng.random_range(1..=4) {
        if let Some(kind) = Damage::BODY.choose(rng) {
            kind.apply(&mut damaged, rng);
        }
    }
    damaged
}
