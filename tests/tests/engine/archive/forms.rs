//! States, names and commits.

use jcode_session_core::archive::name::{self, Object, Of};
use jcode_session_core::archive::{
    BLOCK, Chain, Commit, Digest, Line, Piece, SessionHead, State, StateHasher, is_path, is_place,
};
use jcode_session_core::storage::Name;
use jcode_session_tests::effort::cases;
use jcode_session_tests::generate::random;
use proptest::prelude::*;
use rand::RngExt;

fn state_of(bytes: &[u8], cuts: &[usize]) -> State {
    let mut hasher = StateHasher::default();
    let mut at = 0;
    for &cut in cuts {
        let end = cut.clamp(at, bytes.len());
        hasher.update(&bytes[at..end]);
        at = end;
    }
    hasher.update(&bytes[at..]);
    hasher.state()
}

#[test]
fn a_state_does_not_depend_on_cuts() {
    let block = usize::try_from(BLOCK).expect("small");
    let mut rng = random(1);
    let bytes: Vec<u8> = (0..2 * block + 77).map(|_| rng.random()).collect();
    let whole = state_of(&bytes, &[]);
    for cuts in [vec![block], vec![block - 1, block, block + 1], vec![2 * block, 2 * block + 77], vec![1, 2, 3]] {
        assert_eq!(state_of(&bytes, &cuts), whole, "{cuts:?}");
    }
    // The published rule: the length, then the digest of each block.
    let digests: Vec<Digest> = bytes.chunks(block).map(Digest::of).collect();
    assert_eq!(State::new(bytes.len() as u64, &digests), whole);
    let mut changed = bytes.clone();
    changed[block] ^= 1;
    assert_ne!(state_of(&changed, &[]), whole);
    assert_ne!(state_of(&bytes[..bytes.len() - 1], &[]).digest, whole.digest);
    assert_eq!(state_of(&[], &[]), State::empty());
}

fn piece() -> Piece {
    let digest = Digest::of(b"x");
    Piece { from: 7, len: 5, prev: digest, state: Digest::of(b"y"), stored: 0, blake3: Digest::of(b"") }
}

#[test]
fn names_read_back() {
    let first = Piece { from: 0, prev: State::empty().digest, ..piece() };
    let file = Name::new("12-5-7.bin").expect("a name");
    for object in [
        Object::Piece("s".into(), Of::Log, piece()),
        Object::Piece("s".into(), Of::Ledger, first),
        Object::Aside("s".into(), Digest::of(b"z"), file),
        Object::Commit("m".into(), 12),
        Object::Marker,
    ] {
        let name = match &object {
            Object::Piece(session, of, piece) => name::piece(session, *of, piece),
            Object::Aside(session, digest, file) => name::aside(session, *digest, file),
            Object::Commit(machine, n) => name::commit(machine, *n),
            Object::Marker => name::MARKER.to_string(),
        };
        assert_eq!(name::parse(&name), Some(object), "{name}");
    }
}

#[test]
fn hostile_names_are_none() {
    let good = name::piece("s", Of::Log, &piece());
    for bad in [
        good.replace("sessions/s/", "sessions/../"),
        good.replace("sessions/s/", "sessions/.s/"),
        good.replace("sessions/s/", "sessions//"),
        good.replace("/7-5-", "/07-5-"),
        good.replace("/7-5-", "/0000000007-5-"),
        good.replace("/7-5-", "/7-0-"),
        good.replace("/7-5-", "/+7-5-"),
        good.replace("/7-5-", "/18446744073709551615-5-"),
        good.replace("/7-5-", "/0-5-"),
        good.replace(".zst", ""),
        format!("{good}/.."),
        "machines/m/1.json.zst".into(),
        "machines/m/0000000000.json.zst".into(),
        "machines/m/00000000012.json.zst".into(),
        "machines/../0000000001.json.zst".into(),
        "sessions/s/aside/zz-name.zst".into(),
        format!("sessions/s/aside/{}-a b.zst", Digest::of(b"")),
        String::new(),
    ] {
        assert_eq!(name::parse(&bad), None, "{bad}");
    }
    for path in [
        "../x.jsonl",
        "a/../x.jsonl",
        "/x.jsonl",
        "a//x.jsonl",
        ".x.jsonl",
        "a\\x.jsonl",
        "c:x.jsonl",
        "x.txt",
        "x.sqlite3",
        "x.jsonl/",
    ] {
        assert!(!is_path(path), "{path}");
    }
    assert!(is_path("--home-me--/2026_x.jsonl") && is_path("session_a.json") && is_path("mit Leerzeichen/x.jsonl"));
    for place in ["quarantine/../x", "x/y", "segments/a", "ledger.jsonl", "beside/a/b", "beside/"] {
        assert!(is_place(place).is_none(), "{place}");
    }
}

#[test]
fn ids_are_usable_and_apart() {
    let long = "x".repeat(300);
    for id in ["session_a", "../../etc", "", "a b", &*long, ".hidden"] {
        let plain = name::id_for(id, None);
        assert!(name::is_id(&plain), "{id}: {plain}");
        let salted = name::id_for(id, Some("sub/x.jsonl"));
        assert!(name::is_id(&salted) && salted != plain, "{id}: {salted}");
        assert_ne!(salted, name::id_for(id, Some("sub/y.jsonl")));
    }
    assert_eq!(name::id_for("session_a", None), "session_a");
}

/// A head whose log is these bytes in pieces that end at these places.
pub(super) fn head(id: &str, bytes: &[u8], ends: &[usize]) -> SessionHead {
    let mut hasher = StateHasher::default();
    let (mut pieces, mut at) = (Vec::new(), 0);
    for &end in ends {
        let prev = hasher.state();
        hasher.update(&bytes[at..end]);
        let (from, len, state) = (at as u64, (end - at) as u64, hasher.state().digest);
        pieces.push(Piece { from, len, prev: prev.digest, state, stored: len, blake3: Digest::of(&bytes[at..end]) });
        at = end;
    }
    let (state, blocks) = (hasher.state().digest, hasher.blocks());
    let chain = Chain { len: at as u64, state, blocks, pieces };
    let log = (!ends.is_empty()).then_some(chain);
    let path = format!("{id}.jsonl");
    SessionHead {
        id: id.into(),
        path,
        log,
        ledger: None,
        aside: Vec::new(),
        origin: None,
        summary: serde_json::json!({}),
    }
}

fn commit(heads: Vec<SessionHead>) -> Commit {
    Line::new("m").next(heads, "box", "2026-01-01T00:00:00.000Z".into())
}

#[test]
fn a_commit_reads_back_and_a_changed_one_is_refused() {
    let whole = commit(vec![head("a", b"one\ntwo\n", &[4, 8]), head("b", b"", &[])]);
    assert_eq!(Commit::read(&whole.bytes()).as_ref(), Ok(&whole));
    let broken = |change: fn(&mut Commit)| {
        let mut commit = whole.clone();
        change(&mut commit);
        assert!(Commit::read(&commit.bytes()).is_err(), "{commit:?}");
    };
    fn log(commit: &mut Commit) -> &mut Chain {
        commit.sessions[0].log.as_mut().expect("a log")
    }
    broken(|commit| commit.machine = "../m".into());
    broken(|commit| commit.n = 0);
    broken(|commit| commit.full = 2);
    broken(|commit| commit.prev = Some(Digest::of(b"")));
    broken(|commit| commit.sessions.reverse());
    broken(|commit| commit.sessions[0].path = "../a.jsonl".into());
    broken(|commit| log(commit).len += 1);
    broken(|commit| log(commit).pieces[1].from += 1);
    broken(|commit| log(commit).pieces[1].len = u64::MAX);
    broken(|commit| log(commit).pieces[1].stored = u64::MAX);
    broken(|commit| log(commit).pieces.swap(0, 1));
    broken(|commit| log(commit).pieces[0].prev = Digest::of(b"other"));
    broken(|commit| log(commit).blocks.push(Digest::of(b"")));
    broken(|commit| log(commit).blocks[0] = Digest::of(b""));
    for place in ["beside/b.json", "beside/a.jsonl", "../x", "quarantine/../x"] {
        let mut commit = whole.clone();
        let aside =
            jcode_session_core::archive::Aside { place: place.into(), len: 1, digest: Digest::of(b""), stored: 1 };
        commit.sessions[0].aside.push(aside);
        assert!(Commit::read(&commit.bytes()).is_err(), "{place}");
    }
}

#[test]
fn a_line_takes_only_what_continues_it() {
    let mut line = Line::new("m");
    let first = line.next(vec![head("a", b"1\n", &[2])], "", String::new());
    line.add(first.clone(), &first.bytes()).expect("the first");
    assert!(line.add(first.clone(), &first.bytes()).is_err(), "twice");
    let second = line.next(vec![head("b", b"2\n", &[2])], "", String::new());
    let mut other = second.clone();
    other.prev = Some(Digest::of(b"another"));
    assert!(line.clone().add(other, b"").is_err(), "another one before it");
    let mut elsewhere = second.clone();
    elsewhere.machine = "n".into();
    assert!(line.clone().add(elsewhere, b"").is_err(), "another machine");
    line.add(second.clone(), &second.bytes()).expect("the second");
    assert_eq!(line.sessions.keys().collect::<Vec<_>>(), ["a", "b"]);
    // A line may be read from any full commit on, and from no other.
    assert!(!second.is_full() || Line::new("m").add(second.clone(), b"").is_ok());
    assert!(second.is_full() || Line::new("m").add(second, b"").is_err());
    // Now and then everything is said again.
    let mut fulls = 0;
    for n in 0..200_u32 {
        let next =
            line.next(vec![head("a", format!("{n}\n").as_bytes(), &[format!("{n}\n").len()])], "", String::new());
        fulls += u32::from(next.is_full());
        assert!(!next.is_full() || next.sessions.len() == 2);
        line.add(next.clone(), &next.bytes()).expect("it goes on");
    }
    assert!((3..=200).contains(&fulls), "{fulls}");
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_name_is_read_only_as_it_is_written(text in "(sessions|machines|jcode-store|x)/?[a-z0-9._/-]{0,80}(\\.zst|\\.json\\.zst|\\.jsonl\\.zst)?") {
        if let Some(object) = name::parse(&text) {
            let written = match object {
                Object::Marker => name::MARKER.to_string(),
                Object::Commit(machine, n) => name::commit(&machine, n),
                Object::Piece(session, of, piece) => name::piece(&session, of, &piece),
                Object::Aside(session, digest, file) => name::aside(&session, digest, &file),
            };
            prop_assert_eq!(written, text);
        }
    }
}
