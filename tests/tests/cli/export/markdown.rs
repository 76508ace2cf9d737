//! The Markdown page, read by a CommonMark parser.

use super::harness::{HOSTILE, log_of, page};
use jcode_session_tests::generate::{LogShape, tree_v3};
use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};
use serde_json::{Value, json};

/// Headings of messages, and texts of code blocks; panics on live markup. What was said may have headings of its own.
fn read(page: &str) -> (usize, Vec<String>) {
    let (mut headings, mut blocks, mut code, mut heading) = (0, Vec::new(), None, None);
    for event in Parser::new(page) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => panic!("live markup {html:?} in {page}"),
            Event::Start(Tag::Heading { level: HeadingLevel::H2, .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                headings += usize::from(heading.take().is_some_and(|heading| heading.contains("· ")));
            }
            Event::Start(Tag::CodeBlock(_)) => code = Some(String::new()),
            Event::End(TagEnd::CodeBlock) => blocks.extend(code.take()),
            Event::Text(text) => {
                if let Some(open) = code.as_mut().or(heading.as_mut()) {
                    open.push_str(&text);
                }
            }
            _ => {}
        }
    }
    (headings, blocks)
}

fn shown(bytes: &[u8]) -> usize {
    let changes = ["model_change", "thinking_level_change", "session_info", "label", "usage", "context_edit"];
    let values = bytes.split(|&byte| byte == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    values.skip(1).filter(|entry| !changes.contains(&entry["type"].as_str().unwrap_or_default())).count()
}

#[test]
fn no_text_leaves_its_place() {
    for hostile in HOSTILE {
        let log = log_of(&[hostile]);
        let (headings, blocks) = read(&page(&log, "markdown"));
        assert_eq!(headings, shown(&log), "{hostile:?}: all messages have their heading");
        if !hostile.is_empty() && !hostile.contains(['\r', '\u{0}']) {
            let whole = |block: &String| block.trim_end_matches('\n') == hostile.trim_end_matches('\n');
            assert!(blocks.iter().any(whole), "{hostile:?} is whole in {blocks:?}");
        }
    }
    let log = log_of(HOSTILE);
    assert_eq!(read(&page(&log, "markdown")).0, shown(&log));
}

#[test]
fn generated_logs_are_read_back() {
    for seed in 0..5 {
        let log = tree_v3(LogShape { entries: 60, branch_percent: 0, ..LogShape::default() }, seed);
        let (headings, _) = read(&page(&log, "markdown"));
        assert_eq!(headings, shown(&log), "seed {seed}");
    }
}

#[test]
fn outputs_come_back_byte_for_byte() {
    for text in ["```", "a\n````\nb", "`````rust\nx\n`````\n", "  leading\n\n\ntrailing  ", "~~~\n\t`", "<b>&amp;\\"] {
        let message = json!({"role": "toolResult", "content": [{"type": "text", "text": text}]});
        let entry = json!({"type": "message", "id": "a", "parentId": null, "message": message});
        let log = format!("{{\"type\":\"session\",\"version\":3,\"id\":\"s\"}}\n{entry}\n");
        let (_, blocks) = read(&page(log.as_bytes(), "markdown"));
        let ended = if text.ends_with('\n') { text.to_string() } else { format!("{text}\n") };
        assert_eq!(blocks, [ended]);
    }
}

#[test]
fn text_that_is_tame_stands_as_it_is() {
    let text = "# A heading\n\nwith `Vec<u8>` and a < b\n\n```rust\nlet v: Vec<u8>;\n```\n- a list";
    let entry = json!({"type": "message", "id": "a", "parentId": null, "message": {"role": "user", "content": text}});
    let log = format!("{{\"type\":\"session\",\"version\":3,\"id\":\"s\"}}\n{entry}\n");
    assert!(page(log.as_bytes(), "markdown").contains(text));
}
