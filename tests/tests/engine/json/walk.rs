//! The structural walk against serde_json, and against itself: what it rejects, it rejects at the right byte.

use jcode_session_core::json::Fault;
use jcode_session_core::json::walk::Walker;
use jcode_session_tests::effort::cases;
use proptest::prelude::*;
use serde_json::de::Deserializer;
use serde_json::value::RawValue;

/// Texts around one object, most of them nearly valid, full of quotes and backslashes, at every place in a block.
fn nearly_objects() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => Just("\\"),
        4 => prop::sample::select(vec!["\"", "/", "b", "f", "n", "r", "t", "\\\"", "\\\\", "\\n", "\\/", "\\t"]),
        2 => prop::sample::select(vec!["\\u0041", "\\ud83d\\ude00", "\\ud800", "\\u12", "u", "0", "x", "é", "v", "j"]),
        1 => prop::sample::select(vec!["\u{1}", "\n", "\u{7f}", ",", "}", "]", "\",\"k\":\"", "\":\""]),
        2 => prop::sample::select(vec!["plain text of a few words ", "                                               "]),
    ];
    let inside = prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat());
    let value = (inside, prop::sample::select(vec!["\"", "\"", "\"", "\\\"", ""]))
        .prop_map(|(inside, close)| format!("\"{inside}{close}"));
    let object = prop::collection::vec(value, 1..4).prop_map(|values| {
        let fields: Vec<String> = values.iter().map(|value| format!("\"k\":{value}")).collect();
        format!("{{{}}}", fields.join(","))
    });
    (0..70usize, object).prop_map(|(indent, object)| format!("{}{object}", " ".repeat(indent)).into_bytes())
}

fn walk(bytes: &[u8]) -> Result<usize, Fault> {
    let start = bytes.iter().position(|&byte| byte != b' ').unwrap_or(bytes.len());
    Walker::new().walk_object(bytes, start, |_, _| {}).map(|walked| walked.end)
}

/// Where serde_json says that the first value ends.
fn peer(text: &[u8]) -> Option<usize> {
    let mut values = Deserializer::from_slice(text).into_iter::<&RawValue>();
    values.next()?.ok()?;
    Some(values.byte_offset())
}

proptest! {
    #![proptest_config(cases(8_000))]

    #[test]
    fn accepts_what_serde_json_accepts(text in nearly_objects()) {
        prop_assert_eq!(walk(&text).ok(), peer(&text));
    }

    #[test]
    fn a_rejection_names_the_first_byte_that_no_object_can_go_on_with(text in nearly_objects()) {
        match walk(&text) {
            Ok(end) => prop_assert_eq!(walk(&text[..end - 1]), Err(Fault::Ended)),
            Err(Fault::Ended) => prop_assert_eq!(walk(&text[..text.len() - 1]), Err(Fault::Ended)),
            Err(Fault::Invalid(at)) => {
                prop_assert_eq!(walk(&text[..at]), Err(Fault::Ended));
                prop_assert_eq!(walk(&text[..=at]), Err(Fault::Invalid(at)));
            }
        }
    }
}
