//! What counts as a complete object, and how strings decode.

use crate::oracle::json::object_at;
use crate::oracle::text::decode;

fn is_object(text: &[u8]) -> bool {
    object_at(text, 0).is_some_and(|object| object.end == text.len())
}

#[test]
fn well_formed_objects_are_accepted() {
    for text in [
        "{}",
        "{ }",
        r#"{"a":1}"#,
        "{ \"a\" :\t[ ] ,\r\"b\" : { } }",
        r#"{"a":[1,[2,{"b":[{}]}],"]}"],"c":null,"d":true,"e":false}"#,
        r#"{"n":[0,-0,10,1.5,-1.25,1e5,1E+5,2.0e-07]}"#,
        r#"{"s":"\"\\\/\b\f\n\r\tAé"}"#,
        "{\"s\":\"\u{7f}\u{2028}é\"}",
        r#"{"":"","a":1,"a":2}"#,
    ] {
        assert!(is_object(text.as_bytes()), "{text}");
    }
}

#[test]
fn malformed_objects_are_refused() {
    for text in [
        "",
        "[]",
        "1",
        "{",
        "}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":[1,]}",
        "{\"a\":[1 2]}",
        "{\"a\":[}",
        "{\"a\":{]}",
        "{\"a\":tru}",
        "{\"a\":TRUE}",
        "{\"a\":01}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":+1}",
        "{\"a\":-}",
        "{\"a\":1e}",
        "{\"a\":NaN}",
        "{\"a\":\"\t\"}",
        "{\"a\":\"\0\"}",
        "{\"a\":\"\u{1f}\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":\"\\\"}",
        "{\"a\":\"",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1}}",
        "{\"a\":1} x",
        " {}",
        "{\"a\":{1:2}}",
        "{\"a\":\u{a0}1}",
        "{\"a\":[[]}",
        "{1:2}",
        "{\"a\":\"\\",
    ] {
        assert!(!is_object(text.as_bytes()), "{text}");
    }
}

#[test]
fn invalid_utf8_is_tolerated_in_strings_only() {
    let inside = object_at(b"{\"a\":[{\"b\":\"x\xffy\"}]}", 0).expect("the structure is sound");
    assert!(inside.invalid_utf8 && !inside.lone_surrogate);
    let in_key = object_at(b"{\"x\xc3\":1}", 0).expect("a key is a string too");
    assert!(in_key.invalid_utf8);
    let surrogate_bytes = object_at(b"{\"a\":\"\xed\xa0\x80\"}", 0).expect("only bytes are wrong");
    assert!(surrogate_bytes.invalid_utf8 && !surrogate_bytes.lone_surrogate);
    assert!(!is_object(b"{\"a\":1\xff}"));
    assert!(!object_at("{\"a\":\"é\"}".as_bytes(), 0).unwrap().invalid_utf8);
}

#[test]
fn lone_surrogates_are_seen_at_any_depth() {
    for lone in [r"\ud800", r"\udc00", r"\ud800\ud800\udc00", r"\ud83dx\ude00", r"\uDBFFA"] {
        let text = format!(r#"{{"a":[{{"b":"{lone}"}}]}}"#);
        let object = object_at(text.as_bytes(), 0).expect("an escape is an escape");
        assert!(object.lone_surrogate && !object.invalid_utf8, "{lone}");
    }
    assert!(!object_at(br#"{"a":"\ud83d\ude00"}"#, 0).unwrap().lone_surrogate);
}

#[test]
fn escapes_decode() {
    let text = decode(br#"A\n\t\"\\\/\ud83d\ude00"#).unwrap();
    assert_eq!(text.sound(), Some("A\n\t\"\\/😀"));
    assert_eq!(decode(br"\ud800\udc00\uDBFF\uDFFF").unwrap().sound(), Some("\u{10000}\u{10ffff}"));
    assert_eq!(decode(br"\ud7ff\ue000").unwrap().sound(), Some("\u{d7ff}\u{e000}"));
    assert_eq!(decode(br"a\ud800b").unwrap().lossy, "a\u{fffd}b");
    assert_eq!(decode(br"a\ud800b").unwrap().sound(), None);
    assert_eq!(decode(b"a\xff").unwrap().sound(), None);
}

#[test]
fn depth_is_no_limit() {
    let depth = 200_000;
    let text = format!("{{\"a\":{}0{}}}", "[{\"b\":".repeat(depth), "}]".repeat(depth));
    assert!(is_object(text.as_bytes()));
}

#[test]
fn only_own_members_are_handed_out() {
    let object = object_at(br#"xx{"a":{"id":"inner"},"b":[{"id":1}]}tail"#, 2).unwrap();
    let keys: Vec<_> = object.members.iter().map(|member| member.key.lossy.as_str()).collect();
    assert_eq!(keys, ["a", "b"]);
    assert_eq!(object.end, 37);
}
