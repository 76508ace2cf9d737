//! What can be wrong with a line or a record as such.
//!
//! Owns: the codes of damages, which findings take over by name, and what is known of one.
//! Invariant: a damage follows from the log's bytes alone.
//! Does not: say it in words; that is [`crate::finding`].

/// Hands the codes of damages to the macro `define`, as the start of an enum's variants.
macro_rules! with_damage_codes {
    ($define:ident) => {
        $define! {
            /// The last line is incomplete, or lacks its LF.
            TornTail,
            /// The log ends in a batch of entries that is not all there.
            TornBatch,
            /// A line is not one JSON object.
            InvalidJson,
            /// A record holds bytes that are not UTF-8.
            InvalidUtf8,
            /// A record holds a surrogate escape without its partner.
            LoneSurrogate,
            /// NUL bytes stand where a record, or nothing, should.
            NulRun,
            /// Several records, or parts of some, stand in one line.
            FusedRecords,
            /// A record of type `session` stands behind the header, behind the first entry, or too far from the start.
            SecondHeader,
            /// No header stands before the first entry, or there is no record at all.
            NoHeader,
        }
    };
}
pub(crate) use with_damage_codes;

macro_rules! damage_codes {
    ($($(#[$doc:meta])* $damage:ident,)*) => {
        /// What a damage is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum DamageCode {
            $($(#[$doc])* $damage,)*
        }
    };
}
with_damage_codes!(damage_codes);

/// One damage, located.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damage {
    /// What it is.
    pub code: DamageCode,
    /// Where in the log: the line's start, the record's start, or the start of the torn rest.
    pub offset: u64,
    /// Number of the line, from 1.
    pub line: u64,
    /// Bytes of the line, without its LF.
    pub line_len: u64,
    /// Records salvaged from the line; of a torn batch, its entries that are there.
    pub salvaged: u32,
    /// Nothing but blanks and NUL bytes stands outside the records of the line.
    pub all_recovered: bool,
    /// The line is a record but for raw control characters in its strings, which a repair escapes.
    pub raw_controls: bool,
}

impl Damage {
    /// The one of a log without a header, of which no more was read.
    #[must_use]
    pub const fn no_header() -> Self {
        Self::at(DamageCode::NoHeader, 0, 1, 0)
    }

    pub(crate) const fn at(code: DamageCode, offset: u64, line: u64, line_len: u64) -> Self {
        Self { code, offset, line, line_len, salvaged: 0, all_recovered: false, raw_controls: false }
    }
}
