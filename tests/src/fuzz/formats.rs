//! Targets that read small formats: packed rows of the session index, names and ids.

use jcode_session_core::catalog::refresh::Stamps;
use jcode_session_core::catalog::{Row, SessionSummary};
use jcode_session_core::log::tags;
use jcode_session_core::log::time;
use jcode_session_core::parts::classify;
use jcode_session_core::storage::Name;
use jcode_session_core::write::QuarantineName;
use jcode_session_native::os::paths;
use std::path::{Component, Path};

/// A packed row unpacks to the same row, and a row with changed bytes does not unpack. The pieces of the input are the
/// row's texts.
pub(super) fn row(data: &[u8]) {
    assert!(Row::unpack(Vec::new(), data).is_none_or(|row| row.pack() == data));
    let mut texts = data.split(|&byte| byte == 0).map(|text| String::from_utf8_lossy(text).into_owned());
    let session_id = texts.next().unwrap_or_default();
    let numbers: Vec<i64> = data.chunks_exact(8).map_while(|n| n.try_into().ok().map(i64::from_le_bytes)).collect();
    let number = |at: usize| numbers.get(at).copied();
    let summary = SessionSummary {
        session_id,
        cwd: texts.next(),
        title: texts.next(),
        model: texts.next(),
        preview: texts.next(),
        last_modified: number(0).unwrap_or_default(),
        listed_as_of: number(4),
        created_at: number(1),
        entry_count: number(2).map(i64::cast_unsigned),
        saved: data.len().is_multiple_of(2),
        tags: texts.take(8).collect(),
        ..SessionSummary::default()
    };
    let row = Row { rel: b"a.jsonl".to_vec(), stamps: Stamps::default(), summary: Some(Box::new(summary)) };
    let mut packed = row.pack();
    assert_eq!(Row::unpack(row.rel.clone(), &packed).as_ref(), Some(&row));
    if let (Some(at), Some(&flip)) = (number(3), data.first()) {
        let at = usize::try_from(at.unsigned_abs() % packed.len() as u64).expect("in it");
        packed[at] ^= flip | 1;
        assert_eq!(Row::unpack(row.rel, &packed), None);
    }
}

/// An accepted name is one file in its folder and nothing else. A time reads back as it was written.
pub(super) fn names(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if paths::is_session_id(&text) {
        let path = Path::new("root").join(&*text);
        let mut parts = path.components();
        assert_eq!(parts.next(), Some(Component::Normal("root".as_ref())));
        assert_eq!(parts.next(), Some(Component::Normal(text.as_ref().as_ref())));
        assert_eq!(parts.next(), None);
        assert!(!text.contains(['/', '\\', '\0', ':']));
    }
    assert_eq!(Name::new(&text).is_some(), paths::is_session_id(&text));
    if let Some(name) = QuarantineName::parse(&text) {
        assert_eq!(name.name().and_then(|name| QuarantineName::parse(name.as_str())).map(|n| n.len), Some(name.len));
    }
    let _ = classify(&text);
    if let Some(ms) = time::parse_text(&text)
        && let Some(written) = time::format(ms)
    {
        assert_eq!(time::parse_text(&written), Some(ms), "{written}");
    }
    let _ = tags::check(&text);
}
