//! Tables: columns of values.
//!
//! Owns: the names and kinds of all columns, in order, and how a row is added.
//! Invariant: all columns of a table have the same number of values.

use alloc::string::String;
use alloc::vec::Vec;

/// The kind of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8.
    Text,
    /// 64 bits.
    Int,
    /// Milliseconds since 1970, UTC, without a zone.
    Time,
    /// Days since 1970, UTC.
    Day,
    /// A double.
    Real,
    /// True or false.
    Flag,
}

/// The values of a column; null where there is none.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Of [`Kind::Text`].
    Text(Vec<Option<String>>),
    /// Of [`Kind::Int`] and [`Kind::Time`].
    Int(Vec<Option<i64>>),
    /// Of [`Kind::Day`].
    Day(Vec<Option<i32>>),
    /// Of [`Kind::Real`].
    Real(Vec<Option<f64>>),
    /// Of [`Kind::Flag`].
    Flag(Vec<Option<bool>>),
}

/// A value on its way into a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing is known.
    Null,
    /// A text.
    Text(String),
    /// A number, or a time.
    Int(i64),
    /// A day.
    Day(i32),
    /// A number with a fraction.
    Real(f64),
    /// Yes or no.
    Flag(bool),
}

macro_rules! cells {
    ($($type:ty => $cell:ident,)*) => {
        $(impl From<$type> for Cell {
            fn from(value: $type) -> Self {
                Self::$cell(value.into())
            }
        })*
    };
}

cells! {
    String => Text,
    &str => Text,
    i64 => Int,
    u32 => Int,
    i32 => Day,
    f64 => Real,
    bool => Flag,
}

impl From<u64> for Cell {
    fn from(value: u64) -> Self {
        Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// Its values.
    pub values: Values,
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns.
    pub columns: Vec<Column>,
}

use Kind::{Day, Flag, Int, Real, Text, Time};

/// The tables: name and columns of each. The first column of each is the session's id.
pub const TABLES: [(&str, &[(&str, Kind)]); 4] = [
    (
        "sessions",
        &[
            ("session_id", Text),
            ("started_at", Time),
            ("last_at", Time),
            ("cwd", Text),
            ("title", Text),
            ("model", Text),
            ("parent_session", Text),
            ("dialect", Text),
            ("entries", Int),
            ("messages", Int),
            ("branches", Int),
            ("tool_calls", Int),
            ("tool_errors", Int),
            ("input", Int),
            ("output", Int),
            ("cost_usd", Real),
            ("bytes", Int),
            ("head", Text),
            ("findings", Int),
            ("tags", Text),
        ],
    ),
    (
        "entries",
        &[
            ("session_id", Text),
            ("seq", Int),
            ("entry_id", Text),
            ("parent_id", Text),
            ("ts", Time),
            ("day", Day),
            ("kind", Text),
            ("role", Text),
            ("depth", Int),
            ("active", Flag),
            ("copied", Flag),
            ("label", Text),
            ("text", Text),
            ("text_bytes", Int),
            ("byte_offset", Int),
            ("byte_len", Int),
        ],
    ),
    (
        "tool_calls",
        &[
            ("session_id", Text),
            ("seq", Int),
            ("call", Int),
            ("call_id", Text),
            ("tool", Text),
            ("args", Text),
            ("args_bytes", Int),
            ("ts", Time),
            ("day", Day),
            ("result_seq", Int),
            ("is_error", Flag),
            ("duration_ms", Int),
            ("result_bytes", Int),
            ("copied", Flag),
        ],
    ),
    (
        "usage",
        &[
            ("session_id", Text),
            ("seq", Int),
            ("ts", Time),
            ("day", Day),
            ("provider", Text),
            ("model", Text),
            ("input", Int),
            ("output", Int),
            ("cache_read", Int),
            ("cache_write", Int),
            ("reasoning", Int),
            ("cost_usd", Real),
            ("stop_reason", Text),
            ("source", Text),
            ("copied", Flag),
        ],
    ),
];

/// The four tables, with the rows of some sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct Tables {
    /// In the order of [`TABLES`].
    pub all: [Table; 4],
}

impl Default for Tables {
    fn default() -> Self {
        Self { all: TABLES.map(|(name, columns)| Table::new(name, columns)) }
    }
}

impl Tables {
    /// Adds the rows of other tables.
    pub fn append(&mut self, other: Self) {
        for (table, more) in self.all.iter_mut().zip(other.all) {
            table.append(more);
        }
    }
}

impl Table {
    /// An empty table.
    #[must_use]
    pub fn new(name: &'static str, columns: &[(&'static str, Kind)]) -> Self {
        let columns = columns.iter().map(|&(name, kind)| Column { name, kind, values: Values::none(kind) });
        Self { name, columns: columns.collect() }
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.values.len())
    }

    /// Adds a row: a cell for each column, in order.
    pub(super) fn row<const N: usize>(&mut self, cells: [Cell; N]) {
        debug_assert_eq!(N, self.columns.len(), "{}", self.name);
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            column.values.push(cell);
        }
    }

    /// Adds the rows of a table with the same columns.
    pub fn append(&mut self, other: Self) {
        for (column, more) in self.columns.iter_mut().zip(other.columns) {
            column.values.append(more.values);
        }
    }

    /// Leaves out the first rows.
    pub fn forget(&mut self, rows: usize) {
        for column in &mut self.columns {
            column.values.forget(rows);
        }
    }

    /// The rows whose first column passes.
    #[must_use]
    pub fn filtered(&self, mut passes: impl FnMut(&str) -> bool) -> Self {
        let Some(Values::Text(ids)) = self.columns.first().map(|column| &column.values) else { return self.clone() };
        let kept: Vec<bool> = ids.iter().map(|id| passes(id.as_deref().unwrap_or_default())).collect();
        let columns = self.columns.iter().map(|column| Column { values: column.values.filtered(&kept), ..*column });
        Self { name: self.name, columns: columns.collect() }
    }
}

macro_rules! each {
    ($values:expr, $list:ident => $does:expr) => {
        match $values {
            Values::Text($list) => $does,
            Values::Int($list) => $does,
            Values::Day($list) => $does,
            Values::Real($list) => $does,
            Values::Flag($list) => $does,
        }
    };
}

impl Values {
    /// No values of a kind.
    #[must_use]
    pub const fn none(kind: Kind) -> Self {
        match kind {
            Text => Self::Text(Vec::new()),
            Int | Time => Self::Int(Vec::new()),
            Day => Self::Day(Vec::new()),
            Real => Self::Real(Vec::new()),
            Flag => Self::Flag(Vec::new()),
        }
    }

    /// Number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        each!(self, list => list.len())
    }

    /// True without values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn push(&mut self, cell: Cell) {
        match (self, cell) {
            (Self::Text(list), Cell::Text(value)) => list.push(Some(value)),
            (Self::Int(list), Cell::Int(value)) => list.push(Some(value)),
            (Self::Day(list), Cell::Day(value)) => list.push(Some(value)),
            (Self::Real(list), Cell::Real(value)) => list.push(Some(value)),
            (Self::Flag(list), Cell::Flag(value)) => list.push(Some(value)),
            (values, cell) => {
                debug_assert_eq!(cell, Cell::Null, "a value of another kind");
                each!(values, list => list.push(None));
            }
        }
    }

    fn append(&mut self, more: Self) {
        match (self, more) {
            (Self::Text(list), Self::Text(more)) => list.extend(more),
            (Self::Int(list), Self::Int(more)) => list.extend(more),
            (Self::Day(list), Self::Day(more)) => list.extend(more),
            (Self::Real(list), Self::Real(more)) => list.extend(more),
            (Self::Flag(list), Self::Flag(more)) => list.extend(more),
            _ => {}
        }
    }

    fn forget(&mut self, count: usize) {
        each!(self, list => drop(list.drain(..count.min(list.len()))));
    }

    fn filtered(&self, kept: &[bool]) -> Self {
        fn some<T: Clone>(list: &[Option<T>], kept: &[bool]) -> Vec<Option<T>> {
            list.iter().zip(kept).filter(|(_, kept)| **kept).map(|(value, _)| value.clone()).collect()
        }
        match self {
            Self::Text(list) => Self::Text(some(list, kept)),
            Self::Int(list) => Self::Int(some(list, kept)),
            Self::Day(list) => Self::Day(some(list, kept)),
            Self::Real(list) => Self::Real(some(list, kept)),
            Self::Flag(list) => Self::Flag(some(list, kept)),
        }
    }
}
