//! The page: nothing of a log is markup, and all of it is there.

use super::harness::{HOSTILE, log_of, page, tokens};
use jcode_session_tests::generate::{LogShape, damage, linear_v1, random, tree_v3};
use serde_json::json;

/// What pages are made of.
const TAGS: &[&str] = &[
    "html", "head", "meta", "title", "style", "body", "header", "h1", "dl", "dt", "dd", "main", "article", "div",
    "span", "a", "time", "p", "pre", "code", "b", "details", "summary", "img",
];
const ATTRIBUTES: &[&str] =
    &["lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "datetime", "alt", "src"];

fn check(page: &str) -> String {
    let (tags, text) = tokens(page);
    for tag in &tags {
        assert!(TAGS.contains(&tag.name.as_str()), "{tag:?}");
        for (name, value) in &tag.attributes {
            assert!(ATTRIBUTES.contains(&name.as_str()), "{tag:?}");
            match name.as_str() {
                "href" => assert!(value.starts_with('#') && !value.contains(|c: char| c.is_whitespace()), "{tag:?}"),
                "src" => assert!(value.starts_with("data:image/") && !value.contains("svg"), "{tag:?}"),
                "class" => assert!(value.bytes().all(|byte| byte.is_ascii_lowercase()), "{tag:?}"),
                _ => {}
            }
        }
    }
    assert_eq!(tags.iter().filter(|tag| tag.name == "style").count(), 1);
    assert!(page.contains("default-src 'none'; style-src 'unsafe-inline'; img-src data:"));
    assert!(!text.contains(['\u{0}', '\u{1b}', '\u{9b}', '\u{202e}']));
    text
}

#[test]
fn hostile_texts_stay_texts() {
    let text = check(&page(&log_of(HOSTILE), "html"));
    for hostile in HOSTILE.iter().filter(|text| !text.contains(['\u{0}', '\n', '`'])) {
        assert!(text.contains(hostile), "{hostile:?} is missing");
    }
    // Each alone, so that none hides what another one does.
    for hostile in HOSTILE {
        check(&page(&log_of(&[hostile]), "html"));
    }
}

#[test]
fn generated_and_damaged_logs_give_sound_pages() {
    for seed in 0..6 {
        let shape = LogShape { entries: 80, entry_bytes: 3000, ..LogShape::default() };
        check(&page(&tree_v3(shape, seed), "html"));
        check(&page(&linear_v1(shape, seed), "html"));
        check(&page(&damage(&tree_v3(LogShape::default(), seed), &mut random(seed)), "html"));
    }
}

#[test]
fn pictures_are_shown_only_if_they_are_pictures() {
    let picture = |mime: &str, data: &str| {
        let message = json!({"role": "user", "content": [{"type": "image", "mimeType": mime, "data": data}]});
        let entry = json!({"type": "message", "id": "a", "parentId": null, "message": message});
        let page = page(format!("{{\"type\":\"session\",\"version\":3,\"id\":\"s\"}}\n{entry}\n").as_bytes(), "html");
        check(&page);
        tokens(&page).0.iter().find(|tag| tag.name == "img").map(|tag| tag.attributes["src"].clone())
    };
    assert_eq!(picture("image/png", "iVBORw0KGgo="), Some("data:image/png;base64,iVBORw0KGgo=".into()));
    assert_eq!(picture("IMAGE/JPEG", "AAAA"), Some("data:image/jpeg;base64,AAAA".into()));
    for (mime, data) in [
        ("image/svg+xml", "AAAA"),
        ("text/html", "AAAA"),
        ("image/png;base64,AA\" onerror=\"x", "AAAA"),
        ("image/png", "AAA"),
        ("image/png", "AA=A"),
        ("image/png", "AAA\" onerror=\"alert(1)"),
        ("image/png", ""),
        ("image/png", "===="),
    ] {
        assert_eq!(picture(mime, data), None, "{mime} {data}");
    }
}

#[test]
fn entries_can_be_linked_to() {
    let page = page(&log_of(&["ü \"<&'>% #"]), "html");
    let (tags, _) = tokens(&page);
    let ids: Vec<&String> = tags.iter().filter_map(|tag| tag.attributes.get("id")).collect();
    let links: Vec<String> =
        tags.iter().filter_map(|tag| tag.attributes.get("href")).map(|link| decoded(link)).collect();
    assert!(!ids.is_empty());
    assert_eq!(ids.iter().map(|id| format!("#{id}")).collect::<Vec<_>>(), links);
}

fn decoded(link: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = link;
    while let Some((plain, code)) = rest.split_once('%') {
        bytes.extend(plain.bytes());
        bytes.push(u8::from_str_radix(&code[..2], 16).expect("two digits"));
        rest = &code[2..];
    }
    bytes.extend(rest.bytes());
    String::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn colours_of_a_terminal_are_left_out() {
    let message = json!({"role": "bashExecution", "command": "ls", "output": "\u{1b}[1;31mred\u{1b}[m \u{1b}[2J"});
    let entry = json!({"type": "message", "id": "a", "parentId": null, "message": message});
    let log = format!("{{\"type\":\"session\",\"version\":3,\"id\":\"s\"}}\n{entry}\n");
    assert!(page(log.as_bytes(), "html").contains("<pre>\nred \\u{1b}[2J</pre>"));
}

#[test]
fn what_serde_would_refuse_is_shown() {
    let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    let log = format!(
        "{{\"type\":\"session\",\"version\":3,\"id\":\"s\"}}\n{}{}{}",
        "{\"type\":\"message\",\"id\":\"a\",\"parentId\":null,\"message\":{\"role\":\"user\",\"content\":\"lone \\ud800 end\"}}\n",
        "{\"type\":\"message\",\"id\":\"b\",\"parentId\":\"a\",\"message\":{\"role\":\"user\",\"content\":\"huge\",\"n\":1e999}}\n",
        format_args!(
            "{{\"type\":\"custom\",\"id\":\"c\",\"parentId\":\"b\",\"customType\":\"deep\",\"data\":{deep}}}\n"
        ),
    );
    let text = check(&page(log.as_bytes(), "html"));
    assert!(text.contains("lone \u{fffd} end") && text.contains("huge") && text.contains("deep"));
}
