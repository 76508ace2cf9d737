//! Targets that read what a store gives: commits, and names of objects.

use jcode_session_core::archive::name::{self, Object};
use jcode_session_core::archive::{Commit, Line, is_path, is_place};
use jcode_session_object::view::decode;
use std::path::{Component, Path};

/// A commit that is accepted is whole: it reads back, its chains hold together, and it leads nowhere else.
pub(super) fn commit(data: &[u8]) {
    let _ = decode(data);
    let Ok(commit) = Commit::read(data) else { return };
    assert_eq!(Commit::read(&commit.bytes()).as_ref(), Ok(&commit));
    for head in &commit.sessions {
        assert!(name::is_id(&head.id));
        assert!(Path::new(&head.path).components().all(|part| matches!(part, Component::Normal(_))));
        for chain in [&head.log, &head.ledger].into_iter().flatten() {
            assert_eq!(chain.fault(), None);
            assert_eq!(chain.pieces.iter().map(|piece| piece.len).sum::<u64>(), chain.len);
            for at in [0, chain.len / 2, chain.len.saturating_sub(1)] {
                assert_eq!(chain.piece_at(at).is_some(), at < chain.len);
            }
        }
        assert!(head.aside.iter().all(|aside| is_place(&aside.place).is_some()));
        let _ = head.summary();
    }
    let mut line = Line::new(&commit.machine);
    let is_full = commit.is_full();
    assert_eq!(line.add(commit, data).is_ok(), is_full);
}

/// A name that is accepted is written in no other way, and stays below its store.
pub(super) fn object_name(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(object) = name::parse(&text) {
        assert!(Path::new(&*text).components().all(|part| matches!(part, Component::Normal(_))));
        let written = match object {
            Object::Marker => name::MARKER.to_string(),
            Object::Commit(machine, n) => name::commit(&machine, n),
            Object::Piece(session, of, piece) => name::piece(&session, of, &piece),
            Object::Aside(session, digest, file) => name::aside(&session, digest, &file),
        };
        assert_eq!(written, text);
    }
    if is_path(&text) {
        assert!(Path::new(&*text).components().all(|part| matches!(part, Component::Normal(_))));
    }
    for salt in [None, Some(&*text)] {
        assert!(name::is_id(&name::id_for(&text, salt)));
    }
}
