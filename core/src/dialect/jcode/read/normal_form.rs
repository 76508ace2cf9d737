//! Normal form: when two stored values are the same session content (section 8 of `docs/format.md`).
//!
//! If you change it, then change that section too.
//!
//! Owns: a digest that is equal for values which jcode loads as equal. White space, the order of fields, escapes in
//! strings, null and absent optional fields, empty and absent default lists, and unknown fields make no difference.
//! Numbers are compared by their tokens.
//! Invariant: recursion is bounded for any data; values nested deeper are compared by their bytes.
//! Does not: check types; a value of another type is compared as any JSON.

use crate::dialect::jcode::read::check::is_named;
use crate::dialect::jcode::read::schema::{Field, Rule, Type};
use crate::json::text::unescape;
use crate::json::walk::{Walker, elements};

/// Digest of a value.
pub(in crate::dialect::jcode) type Digest = [u8; 32];

const MAX_DEPTH: usize = 200;

/// The digest of the token `value`, read as type `of`.
pub(in crate::dialect::jcode) fn digest(of: &Type, value: &[u8]) -> Digest {
    at_depth(of, value, 0)
}

/// Two tokens, read as type `of`, are the same session content.
pub(in crate::dialect::jcode) fn same(of: &Type, a: &[u8], b: &[u8]) -> bool {
    a == b || digest(of, a) == digest(of, b)
}

fn at_depth(of: &Type, value: &[u8], depth: usize) -> Digest {
    if depth > MAX_DEPTH {
        return tagged(b'?', value);
    }
    match (of, value.first()) {
        (_, Some(b'"')) => text(value),
        (Type::List(of) | Type::Pair(of), Some(b'[')) => list(of, value, depth),
        (_, Some(b'[')) => list(&Type::Any, value, depth),
        (Type::Object(fields), Some(b'{')) => object(Some(fields), value, depth),
        (Type::Tagged(kind), Some(b'{')) => {
            let mut tag = None;
            let _ = Walker::new().walk_object(value, 0, |key, value| {
                if is_named(key, kind.tag) {
                    tag = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
                }
            });
            let variant = tag.and_then(|tag| kind.variants.iter().find(|(name, _)| is_named(tag, name)));
            object(variant.map(|(_, fields)| *fields), value, depth)
        }
        (_, Some(b'{')) => object(None, value, depth),
        _ => tagged(b'#', value),
    }
}

fn text(token: &[u8]) -> Digest {
    let inner = token.strip_prefix(b"\"").and_then(|inner| inner.strip_suffix(b"\"")).unwrap_or_default();
    if !inner.contains(&b'\\') {
        return tagged(b'"', inner);
    }
    match unescape(inner) {
        Some(text) => tagged(b'"', text.as_bytes()),
        None => tagged(b'\\', inner),
    }
}

fn list(of: &Type, value: &[u8], depth: usize) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"[");
    for element in elements(value) {
        hasher.update(&at_depth(of, element, depth + 1));
    }
    *hasher.finalize().as_bytes()
}

/// The sum of the digests of the fields, independent of their order. Without a list of known fields all count.
fn object(known: Option<&[Field]>, value: &[u8], depth: usize) -> Digest {
    let mut sum = [0u64; 4];
    let _ = Walker::new().walk_object(value, 0, |key, value| {
        let field = known.and_then(|known| known.iter().find(|field| is_named(key, field.name)));
        let of = match (known, field) {
            (Some(_), None) => return,
            (Some(_), Some(field)) => {
                let nothing = match field.rule {
                    Rule::Optional => value == b"null",
                    Rule::Default => matches!(field.of, Type::List(_)) && elements(value).is_empty(),
                    Rule::Required => false,
                };
                if nothing {
                    return;
                }
                &field.of
            }
            (None, _) => &Type::Any,
        };
        let mut hasher = blake3::Hasher::new();
        match unescape(key) {
            Some(key) => hasher.update(key.as_bytes()),
            None => hasher.update(key),
        };
        hasher.update(&at_depth(of, value, depth + 1));
        let digest = hasher.finalize();
        let (words, _) = digest.as_bytes().as_chunks::<8>();
        for (sum, word) in sum.iter_mut().zip(words) {
            *sum = sum.wrapping_add(u64::from_le_bytes(*word));
        }
    });
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"{");
    for word in sum {
        hasher.update(&word.to_le_bytes());
    }
    *hasher.finalize().as_bytes()
}

fn tagged(tag: u8, bytes: &[u8]) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[tag]);
    hasher.update(bytes);
    *hasher.finalize().as_bytes()
}
