//! The vocabulary in which `tables` describes the types that jcode requires.

/// The type of a value. `T` names are short because the tables below are long.
pub enum T {
    Str,
    Bool,
    U32,
    U64,
    Time,
    /// Any JSON (the input of a tool call): kept exactly, nulls inside it too.
    Any,
    Opt(&'static T),
    List(&'static T),
    /// A fixed number of values in an array.
    Tuple(&'static [T]),
    Struct(&'static [Field]),
    /// An object whose variant is named by the text in the field `tag`; `shared` fields stand beside it.
    Tagged {
        tag: &'static str,
        shared: &'static [Field],
        variants: &'static [(&'static str, &'static [Field])],
    },
    /// A name, or an object with one key (the name) that holds the variant's fields.
    External(&'static [(&'static str, &'static [Field])]),
}

/// The meaning of an absent field.
#[derive(PartialEq)]
pub enum Absent {
    /// The whole record is refused.
    Refused,
    /// The same as null (for an optional field).
    Null,
    /// The same as an empty array or object; null is refused.
    Empty,
    /// The same as `false`; null is refused.
    False,
    /// The same as `"Active"`; null is refused.
    Active,
}

pub struct Field {
    pub name: &'static str,
    pub ty: T,
    pub absent: Absent,
}

pub const fn must(name: &'static str, ty: T) -> Field {
    Field { name, ty, absent: Absent::Refused }
}

pub const fn may(name: &'static str, ty: &'static T) -> Field {
    Field { name, ty: T::Opt(ty), absent: Absent::Null }
}

pub const fn list(name: &'static str, ty: &'static T) -> Field {
    Field { name, ty: T::List(ty), absent: Absent::Empty }
}

pub const fn flag(name: &'static str) -> Field {
    Field { name, ty: T::Bool, absent: Absent::False }
}
