//! The two checks against `tables`: whether a value has the type that jcode requires (`fits`), and its normal form
//! (`normal_form`).

use super::json::Node;
use super::schema::{Absent, Field, T};
use super::tables::{META_OPTIONAL, SNAPSHOT_OWN};
use super::time;
use serde_json::{Map, Value};

/// Whether jcode would read `node` as a `ty`. A repeated known field is refused; unknown fields may hold anything, and
/// may be repeated.
pub fn fits(ty: &T, node: &Node) -> bool {
    match (ty, node) {
        (T::Str, Node::Text(_)) | (T::Bool, Node::Bool(_)) => true,
        (T::U32, Node::Number(token)) => plain_integer(token) && token.parse::<u32>().is_ok(),
        (T::U64, Node::Number(token)) => plain_integer(token) && token.parse::<u64>().is_ok(),
        (T::Time, Node::Text(text)) => time::parse(text).is_some(),
        (T::Any, node) => readable(node),
        (T::Opt(_), Node::Null) => true,
        (T::Opt(inner), node) => fits(inner, node),
        (T::List(inner), Node::Array(items)) => items.iter().all(|item| fits(inner, item)),
        (T::Tuple(parts), Node::Array(items)) => {
            parts.len() == items.len() && parts.iter().zip(items).all(|(t, item)| fits(t, item))
        }
        (T::Struct(fields), Node::Object(entries)) => fields_fit(fields, entries),
        (T::Tagged { tag, shared, variants }, Node::Object(entries)) => {
            let [Node::Text(name)] = all_named(entries, tag)[..] else {
                return false;
            };
            // jcode must buffer the object to find the tag, so everything in it must be readable, unknown fields
            // included.
            entries.iter().all(|(_, value)| readable(value))
                && fields_fit(shared, entries)
                && variant(variants, name).is_some_and(|fields| fields_fit(fields, entries))
        }
        (T::External(variants), Node::Text(name)) => variant(variants, name).is_some_and(<[Field]>::is_empty),
        (T::External(variants), Node::Object(entries)) => {
            let [(name, inside)] = &entries[..] else {
                return false;
            };
            match (variant(variants, name), inside) {
                (Some([]), inside) => *inside == Node::Null,
                (Some(fields), Node::Object(entries)) => fields_fit(fields, entries),
                _ => false,
            }
        }
        _ => false,
    }
}

fn plain_integer(token: &str) -> bool {
    token.bytes().all(|b| b.is_ascii_digit())
}

/// Whether jcode can hold `node` as JSON of any shape: numbers must be finite, strings Unicode.
fn readable(node: &Node) -> bool {
    match node {
        Node::Number(token) => token.parse::<f64>().is_ok_and(f64::is_finite),
        Node::LoneSurrogate => false,
        Node::Array(items) => items.iter().all(readable),
        Node::Object(entries) => entries.iter().all(|(_, value)| readable(value)),
        _ => true,
    }
}

fn all_named<'a>(entries: &'a [(String, Node)], name: &str) -> Vec<&'a Node> {
    entries.iter().filter(|(key, _)| key == name).map(|(_, value)| value).collect()
}

fn variant<'a, V: ?Sized>(variants: &[(&str, &'a V)], name: &str) -> Option<&'a V> {
    variants.iter().find(|(v, _)| *v == name).map(|(_, fields)| *fields)
}

fn fields_fit(fields: &[Field], entries: &[(String, Node)]) -> bool {
    fields.iter().all(|field| match all_named(entries, field.name)[..] {
        [] => field.absent != Absent::Refused,
        [value] => fits(&field.ty, value),
        _ => false,
    })
}

/// The form in which two sessions are compared (section 8). It holds only fields that jcode knows. Absent and null
/// optional fields are the same, and so are absent and empty side arrays. An absent flag is false, and an absent status
/// is `Active`. Numbers stay the tokens that they are. A value of the wrong type stays as it is, so that it shows up as
/// a difference.
pub fn normal_form(v: &Value) -> Value {
    let (Value::Object(mut own), Value::Object(meta)) = (normal(&SNAPSHOT_OWN, v), normal(&META_OPTIONAL, v)) else {
        return v.clone();
    };
    own.extend(meta);
    Value::Object(own)
}

fn normal(ty: &T, v: &Value) -> Value {
    match (ty, v) {
        (T::Opt(inner), v) if !v.is_null() => normal(inner, v),
        (T::List(inner), Value::Array(items)) => items.iter().map(|item| normal(inner, item)).collect(),
        (T::Struct(fields), Value::Object(map)) => Value::Object(known_fields(fields, map)),
        (T::Tagged { tag, shared, variants }, Value::Object(map)) => {
            let name = map.get(*tag).and_then(Value::as_str);
            let Some((name, fields)) = name.and_then(|name| Some((name, variant(variants, name)?))) else {
                return v.clone();
            };
            let mut known = known_fields(shared, map);
            known.extend(known_fields(fields, map));
            known.insert((*tag).into(), name.into());
            Value::Object(known)
        }
        (T::External(_), Value::String(name)) => modern(name),
        (T::External(variants), Value::Object(map)) if map.len() == 1 => {
            let (name, inside) = map.iter().next().expect("one entry");
            match (variant(variants, name), inside) {
                (Some([]), Value::Null) => modern(name),
                (Some(fields), Value::Object(inside)) => {
                    Value::Object(Map::from_iter([(name.clone(), known_fields(fields, inside).into())]))
                }
                _ => v.clone(),
            }
        }
        _ => v.clone(),
    }
}

/// Only the improve mode has old names, and no other enum uses these names.
fn modern(name: &str) -> Value {
    match name {
        "run" => "improve_run".into(),
        "plan" => "improve_plan".into(),
        other => other.into(),
    }
}

fn known_fields(fields: &[Field], map: &Map<String, Value>) -> Map<String, Value> {
    let mut known = Map::new();
    for field in fields {
        let value = match (map.get(field.name), &field.absent) {
            (None, Absent::False) => Value::Bool(false),
            (None, Absent::Active) => "Active".into(),
            (None, _) => continue,
            (Some(Value::Null), Absent::Null) => continue,
            (Some(value), _) => normal(&field.ty, value),
        };
        if field.absent == Absent::Empty && value.as_array().is_some_and(Vec::is_empty) {
            continue;
        }
        known.insert(field.name.into(), value);
    }
    known
}
