//! Damages of a line or a record.
//!
//! Owns: the damage codes, whose names findings share, and the facts about one damage.
//! Invariant: a damage follows from the log's bytes alone.

/// Passes the damage codes to the macro `define`, which puts them first among an enum's variants.
macro_rules! with_damage_codes {
    ($define:ident) => {
        $define! {
            /// The last line is incomplete, or lacks its LF.
            TornTail,
            /// The log ends in an incomplete batch of entries.
            TornBatch,
            /// A line is not one JSON object.
            InvalidJson,
            /// A record holds bytes that are not UTF-8.
            InvalidUtf8,
            /// A record holds a surrogate escape without its partner.
            LoneSurrogate,
            /// NUL bytes stand alone in a line or around records.
            NulRun,
            /// Several records, or parts of records, stand in one line.
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
        /// The kind of a damage.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum DamageCode {
            $($(#[$doc])* $damage,)*
        }
    };
}
with_damage_codes!(damage_codes);

/// One damage and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damage {
    /// Kind of damage.
    pub code: DamageCode,
    /// Offset in the log: start of the line, of the record, or of the torn rest.
    pub offset: u64,
    /// Number of the line, from 1.
    pub line: u64,
    /// Bytes of the line, without its LF.
    pub line_len: u64,
    /// Records salvaged from the line; for a torn batch, its entries that are present.
    pub salvaged: u32,
    /// Only blanks and NUL bytes stand outside the records of the line.
    pub all_recovered: bool,
    /// Escaping the raw control characters in its strings would make the line a record; `repair` does that.
    pub raw_controls: bool,
}

impl Damage {
    /// The damage of a log without a header of which nothing else is known.
    #[must_use]
    pub const fn no_header() -> Self {
        Self::at(DamageCode::NoHeader, 0, 1, 0)
    }

    pub(crate) const fn at(code: DamageCode, offset: u64, line: u64, line_len: u64) -> Self {
        Self { code, offset, line, line_len, salvaged: 0, all_recovered: false, raw_controls: false }
    }
}
