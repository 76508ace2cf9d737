//! The page: nothing of a log is markup, and all of it is there.

use super::harness::{HOSTILE, log_of, page, tokens};
use jcode_session_tests::generate::{LogShape, damage, linear_v1, random, tree_v3};
use serde_json::json;

/// What pages are made of.
const TAGS: &[&str] = &[
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "header",
    "h1",
    "dl",
    "dt",
    "dd",
    "main",
    "article",
    "div",
    "span",
    "a",
    "time",
    "p",
    "pre",
    "code",
    "b",
    "details",
    "summary",
    "img",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "blockquote",
    "table",
    "tr",
    "th",
    "td",
    "em",
    "strong",
    "del",
    "hr",
    "br",
];
const ATTRIBUTES: &[&str] = &[
    "lang",
    "charset",
    "http-equiv",
    "content",
    "name",
    "class",
    "id",
    "href",
    "datetime",
    "alt",
    "src",
    "open",
    "start",
];

fn check(page: &str) -> String {
    let (tags, text) = tokens(page);
    for tag in &tags {
        assert!(TAGS.contains(&tag.name.as_str()), "{tag:?}");
        for (name, value) in &tag.attributes {
            assert!(ATTRIBUTES.contains(&name.as_str()), "{tag:?}");
            match name.as_str() {
                "href" => {
                    assert!(
                        ["#", "https://", "http://", "mailto:"].iter().any(|start| value.starts_with(start)),
                        "{tag:?}"
                    );
                    assert!(!value.contains(|c: char| c.is_whitespace()), "{tag:?}");
                }
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

/// Nothing of a session is left out: what is not on the active path stands behind it, and edits of files are diffs.
#[test]
fn other_branches_edits_and_sums_are_there() {
    let line = |id: &str, parent: &str, message: serde_json::Value| {
        format!("{}\n", json!({"type": "message", "id": id, "parentId": parent, "message": message}))
    };
    let edit = json!({"path": "a.rs", "oldText": "one\ntwo\n", "newText": "one\nthree\nfour\n"});
    let answer = json!({"role": "assistant", "usage": {"input": 1200, "output": 30, "cost": {"total": 0.5}}, "content": [
        {"type": "text", "text": "Some **strong** words, see [it](https://example.org)."},
        {"type": "toolCall", "id": "c", "name": "edit", "arguments": edit}
    ]});
    let log = [
        "{\"type\":\"session\",\"version\":3,\"id\":\"s\"}\n".to_string(),
        line("a", "", json!({"role": "user", "content": "/model x"})),
        line("b", "a", json!({"role": "user", "content": "Do it *now*"})),
        line("c", "b", json!({"role": "assistant", "content": "the other way"})),
        format!(
            "{}\n",
            json!({"type": "context_edit", "id": "e", "parentId": "c", "targetId": "c", "replacement": {"content": "the better way"}})
        ),
        line("d", "b", answer),
    ]
    .concat();
    let html = page(log.as_bytes(), "html");
    let text = check(&html);
    assert!(html.contains("<strong>strong</strong>") && html.contains("<a href=\"https://example.org\">it</a>"));
    assert!(html.contains("<title>Do it *now*</title>") && text.contains("1,200 tokens in, 30 tokens out; $0.50"));
    assert!(html.contains("<span class=added>+three</span>") && html.contains("<span class=removed>-two</span>"));
    assert!(text.contains("+2 −1") && !text.contains("oldText"));
    let (path, others) = html.split_once("<h2>Other branches</h2>").expect("another branch");
    assert!(!path.contains("the better way") && others.contains("the better way") && others.contains("href=\"#b\""));
    assert!(!html.contains("the other way"), "edits hold in other branches, too");
    let markdown = page(log.as_bytes(), "markdown");
    assert!(markdown.contains("+2 −1\n\n```diff\n one\n-two\n+three\n+four\n```"));
    assert!(markdown.contains("- used: 1,200 tokens in, 30 tokens out; \\$0.50"));
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
