//! What JavaScript sees: values, exceptions and their codes. Runs in Node and in a browser's worker.
#![cfg(target_arch = "wasm32")]

use jcode_session_wasm::js::Session;
use js_sys::{Array, Function, JSON, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

const LOG: &str = concat!(
    r#"{"type":"session","version":3,"id":"s","timestamp":"2026-01-01T00:00:00Z","cwd":"/home"}"#,
    "\n",
    r#"{"type":"message","id":"a","parentId":null,"timestamp":"2026-01-01T00:00:01Z","message":{"role":"user","content":"Wie geht's, Wörld?"}}"#,
    "\n",
    r#"{"type":"message","id":"b","parentId":"a","timestamp":"2026-01-01T00:00:02Z","message":{"role":"assistant","content":"fine","usage":{"input":7,"output":3}}}"#,
    "\n",
    r#"{"type":"label","id":"l","parentId":"b","timestamp":"2026-01-01T00:00:03Z","targetId":"a","label":"start"}"#,
    "\n",
    r#"{"type":"message","id":"c","parentId":"a","timestamp":"2026-01-01T00:00:04Z","message":{"role":"assistant","content":"w\u00f6rld"}}"#,
    "\n",
);

fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (key, value) in fields {
        Reflect::set(&object, &(*key).into(), value).expect("a plain object");
    }
    object.into()
}

fn bytes(text: &str) -> JsValue {
    Uint8Array::from(text.as_bytes()).into()
}

/// A source whose `read` is this JavaScript; `bytes` holds the log.
fn reader(read: &str) -> JsValue {
    let make =
        Function::new_with_args("bytes", &format!("return {{size: bytes.length, read(offset, length) {{{read}}}}}"));
    make.call1(&JsValue::NULL, &bytes(LOG)).expect("a source")
}

fn open(log: JsValue) -> Result<Session, JsValue> {
    Session::open(&object(&[("name", "log.jsonl".into()), ("log", log)]), None)
}

fn get(value: &JsValue, key: &str) -> JsValue {
    Reflect::get(value, &key.into()).expect("an object")
}

fn json(value: &JsValue) -> String {
    JSON::stringify(value).expect("plain data").into()
}

/// The code of what was thrown, which must be a `SessionError`.
fn code<T>(result: Result<T, JsValue>) -> String {
    let thrown = result.err().expect("an exception");
    assert!(thrown.is_instance_of::<js_sys::Error>());
    assert_eq!(get(&thrown, "name"), "SessionError");
    assert!(!get(&thrown, "message").as_string().expect("words").is_empty());
    get(&thrown, "code").as_string().expect("a code")
}

fn keys(entries: &JsValue) -> Vec<String> {
    Array::from(entries).iter().map(|entry| get(&entry, "key").as_string().expect("a key")).collect()
}

#[wasm_bindgen_test]
fn bytes_and_a_reader_give_the_same() {
    let whole = open(bytes(LOG)).expect("a session");
    let read = open(reader("return bytes.subarray(offset, offset + length)")).expect("a session");
    for session in [&whole, &read] {
        assert_eq!(keys(&session.tail(2.0, None).expect("a tail")), ["a", "c"]);
        assert_eq!(get(&session.summary().expect("a summary"), "session_id"), "s");
        assert!(!session.has_index().expect("a flag"));
        assert_eq!(get(&session.tree().expect("a tree"), "active_leaf"), "c");
        assert!(session.has_index().expect("a flag"));
        assert_eq!(keys(&session.page(1.0, 2.0, None).expect("a page")), ["b", "l"]);
        assert_eq!(keys(&session.path_page(Some("l".into()), 1.0, 9.0, None).expect("a page")), ["b", "l"]);
    }
    assert_eq!(json(&whole.outline().expect("runs")), json(&read.outline().expect("runs")));
    assert_eq!(json(&whole.verify(None).expect("a report")), json(&read.verify(None).expect("a report")));
}

#[wasm_bindgen_test]
fn a_path_and_a_place_agree() {
    let session = open(bytes(LOG)).expect("a session");
    let path = session.path(None).expect("a path");
    assert_eq!((get(&path, "leaf"), get(&path, "length")), ("c".into(), 2.into()));
    let place = session.place("b").expect("a place");
    assert_eq!((get(&place, "leaf"), get(&place, "position")), ("l".into(), 1.into()));
    let offset = get(&place, "offset").as_f64().expect("an offset");
    assert_eq!(session.entry_at(offset + 5.0).expect("an entry"), "b");
    assert_eq!(session.entry_at(3.0).expect("none"), JsValue::NULL);
    let raw = session.raw("b", Some(1.0), Some(6.0)).expect("bytes");
    assert_eq!(String::from_utf8(raw.to_vec()).expect("text"), r#""type""#);
}

#[wasm_bindgen_test]
fn a_search_sees_through_case_and_escapes() {
    let session = open(bytes(LOG)).expect("a session");
    let found = session.search("WÖRLD", &JsValue::UNDEFINED, None).expect("hits");
    assert_eq!(keys(&get(&found, "hits")), ["a", "c"]);
    let first = Array::from(&get(&found, "hits")).get(0);
    let whose = ["role", "field", "tool"].map(|field| get(&first, field));
    assert_eq!(whose, ["user".into(), "text".into(), JsValue::NULL]);
    assert!(get(&first, "run").as_f64().is_some());
    let paused = object(&[("bytes", 1.into())]);
    assert_eq!(json(&session.search("WÖRLD", &paused, None).expect("hits")), json(&found));
    let exact = object(&[("caseSensitive", true.into())]);
    assert_eq!(keys(&get(&session.search("Wörld", &exact, None).expect("hits"), "hits")), ["a"]);
    let one = object(&[("limit", 1.into())]);
    let first = session.search("i", &one, None).expect("hits");
    assert_eq!(keys(&get(&first, "hits")), ["a"]);
    let rest = session.search("fine", &object(&[("from", get(&first, "next"))]), None).expect("hits");
    assert_eq!(keys(&get(&rest, "hits")), ["b"]);
}

#[wasm_bindgen_test]
fn tokens_are_counted_once_indexed() {
    let session = open(bytes(LOG)).expect("a session");
    assert_eq!(get(&session.summary().expect("a summary"), "usage"), JsValue::NULL);
    session.index(None).expect("an index");
    let usage = get(&session.summary().expect("a summary"), "usage");
    assert_eq!((get(&usage, "messages"), get(&usage, "input"), get(&usage, "output")), (1.into(), 7.into(), 3.into()));
    let timeline = session.timeline(2.0).expect("a timeline");
    let buckets = Array::from(&get(&timeline, "buckets"));
    let entries: f64 = buckets.iter().map(|bucket| get(&bucket, "entries").as_f64().expect("a number")).sum();
    assert_eq!((buckets.length(), entries), (2, 4.0));
}

#[wasm_bindgen_test]
fn every_failure_has_its_code() {
    assert_eq!(code(Session::open(&JsValue::from(7), None)), "bad-argument");
    assert_eq!(code(open(JsValue::from("text"))), "bad-argument");
    assert_eq!(code(Session::open(&object(&[("name", "log".into())]), None)), "bad-argument");
    assert_eq!(code(open(reader("throw new Error('no disk')"))), "io");
    assert_eq!(code(open(reader("return 'text'"))), "io");
    assert_eq!(code(open(reader("return bytes.subarray(offset, offset + length - 1)"))), "changed");
    let session = open(bytes(LOG)).expect("a session");
    assert_eq!(code(session.verify(Some(Function::new_no_args("return false")))), "cancelled");
    assert_eq!(code(session.index(Some(Function::new_no_args("throw 1")))), "cancelled");
    // A cancelled pass leaves a session that works.
    session.index(None).expect("an index");
    assert_eq!(code(session.entry("nobody", None)), "no-entry");
    assert_eq!(code(session.path(Some("nobody".into()))), "no-entry");
    let v1 = object(&[("snapshot", bytes("{"))]);
    assert_eq!(code(Session::open(&object(&[("name", "s.json".into()), ("v1", v1)]), None)), "v1-unreadable");
}

#[wasm_bindgen_test]
fn a_source_that_changes_is_noticed() {
    let make = "if (offset + length > (globalThis.cut ?? Infinity)) return bytes.subarray(0, 0); return bytes.subarray(offset, offset + length)";
    let session = open(reader(make)).expect("a session");
    Reflect::set(&js_sys::global(), &"cut".into(), &10.into()).expect("a global");
    let changed = code(session.verify(None));
    Reflect::delete_property(&js_sys::global(), &"cut".into()).expect("a global");
    assert_eq!(changed, "changed");
}

#[wasm_bindgen_test]
fn long_lines_come_without_their_bytes() {
    let session = open(bytes(LOG)).expect("a session");
    let entry = session.entry("b", Some(20.0)).expect("an entry");
    assert_eq!(get(&entry, "line"), JsValue::NULL);
    assert_eq!((get(&entry, "kind"), get(&entry, "parent_id")), ("message".into(), "a".into()));
}

#[wasm_bindgen_test]
fn a_session_that_is_none_is_told_from_one() {
    let session = open(bytes("just some text\n")).expect("a session");
    let summary = session.summary().expect("a summary");
    assert_eq!(get(&summary, "is_session"), false);
    assert_eq!(get(&get(&session.verify(None).expect("a report"), "logs"), "length"), 1);
}

#[cfg(not(feature = "sidecar"))]
#[wasm_bindgen_test]
fn a_sidecar_takes_the_other_build() {
    let files = object(&[("name", "log".into()), ("log", bytes(LOG)), ("sidecar", bytes("no database"))]);
    let session = Session::open(&files, None).expect("a session");
    assert_eq!(get(&session.summary().expect("a summary"), "sidecar"), "unread");
    assert_eq!(code(session.verify(None)), "needs-sqlite");
}

#[cfg(feature = "sidecar")]
#[wasm_bindgen_test]
fn a_sidecar_that_is_none_is_told() {
    let files = object(&[("name", "log".into()), ("log", bytes(LOG)), ("sidecar", bytes("no database"))]);
    let session = Session::open(&files, None).expect("a session");
    let summary = session.summary().expect("a summary");
    assert_eq!(get(&summary, "sidecar"), "corrupt");
    assert!(get(&summary, "sidecar_note").is_string());
    assert_eq!(get(&session.tree().expect("a tree"), "entry_count"), 4);
}
