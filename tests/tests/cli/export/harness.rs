//! Logs of hostile texts, and the page as a standard tokenizer sees it.

use html5gum::{Token, Tokenizer};
use jcode_session_tests::files::LogDir;
use jcode_session_tests::program::{Run, run};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Texts that try to leave their place in a page.
pub const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title></head><body onload=alert(1)>",
    "\" onmouseover=\"alert(1)",
    "' autofocus onfocus='alert(1)",
    "x id=a><img src=x onerror=alert(1)>",
    "<!--",
    "--><svg onload=alert(1)>",
    "<![CDATA[ </pre></details></article>",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "&lt;script&gt; &#60;script&#62; &amp",
    "<plaintext><xmp><textarea><noscript>",
    "```\n<script>alert(1)</script>",
    "````\n```\n~~~\n</pre>",
    "\u{0}\u{1b}[31m\u{9b}31m\u{202e}\r<\u{0}script>",
    "\n\nfirst line feed of a pre",
    "a `b\n` <img src=x> `c",
    "\\<img src=x onerror=alert(1)>",
    "1. list\n   ```\n   <b>\n",
    "> ```\n> quoted <b>",
    "```\n  ```\n<b>live</b>\n```\n",
    "    indented <b>",
    "<https://example.org> ![x](http://example.org/x.png)",
    "",
];

/// A log in which these texts stand wherever a text can.
pub fn log_of(texts: &[&str]) -> Vec<u8> {
    let mut lines = vec![json!({"type": "session", "version": 3, "id": "s", "timestamp": texts[0], "cwd": texts[0]})];
    let mut parent = Value::Null;
    for (number, text) in texts.iter().enumerate() {
        let blocks = json!([
            {"type": "text", "text": text}, {"type": "thinking", "thinking": text}, {"type": text, "x": text},
            {"type": "toolCall", "id": text, "name": text, "arguments": {*text: text, "long": format!("a\n{text}")}},
            {"type": "tool_use", "id": text, "name": text, "input": [text]},
            {"type": "tool_result", "tool_use_id": text, "content": text, "is_error": true},
            {"type": "image", "mimeType": text, "data": text}, {"type": "image", "mimeType": "image/png", "data": text},
            {"type": "image", "mimeType": "image/svg+xml", "data": "PHN2Zz4="},
            {"type": "image", "mimeType": "text/html", "data": "PHN2Zz4="},
            text
        ]);
        let message = |role: &str, content: &Value| json!({"type": "message", "message": {"role": role, "content": content, "model": text, "toolName": text}});
        let long = format!("{text}\n").repeat(30);
        for mut entry in [
            message(text, &blocks),
            message("user", &json!(text)),
            message("toolResult", &json!([{"type": "text", "text": long}])),
            json!({"type": "message", "message": {"role": "bashExecution", "command": text, "output": text, "exitCode": text}}),
            json!({"type": "message", "message": {
                "role": "system", "content": "", "sections": {*text: text, "long": long, "gone": null},
                "toolsAdded": [{"name": text, "description": text}, text], "toolsRemoved": [text, {"name": text, "x": text}]
            }}),
            json!({"type": "message", "message": {
                "role": "toolResult", "content": text, "details": {*text: text}, *text: {*text: text},
                "nestedCalls": {"calls": [{"name": text, "arguments": {*text: text}, "status": text, "error": text}, text]}
            }}),
            json!({"type": "context_edit", "targetId": text, "replacement": {"content": text, *text: text}}),
            json!({"type": "usage", "kind": text, "provider": text, "note": text, "usage": {*text: text}}),
            json!({"type": "compaction", "summary": text}),
            json!({"type": "model_change", "provider": text, "modelId": text}),
            json!({"type": "session_info", "name": text}),
            json!({"type": "custom", "customType": text, "data": {*text: text}}),
            json!({"type": text, "x": text}),
        ] {
            let id = format!("{number} {} {text}", lines.len());
            entry["id"] = json!(id);
            entry["parentId"] = std::mem::replace(&mut parent, json!(id));
            entry["timestamp"] = json!("2026-01-01T00:00:00.000Z");
            let target = entry["id"].clone();
            lines.push(entry);
            if lines.len() % 5 == 0 {
                let label = format!("l{}", lines.len());
                let mark = json!({"type": "label", "id": label, "parentId": parent, "timestamp": "2026-01-01T00:00:00.000Z",
                    "targetId": target, "label": text});
                parent = json!(label);
                lines.push(mark);
            }
        }
    }
    lines.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect()
}

/// Runs `export` on a log.
pub fn export(bytes: &[u8], args: &[&str]) -> Run {
    let dir = LogDir::new(bytes);
    let log = dir.log().to_string_lossy().into_owned();
    run(dir.folder(), ["export", &log].iter().chain(args))
}

/// The page, which must have been written without a complaint.
pub fn page(bytes: &[u8], format: &str) -> String {
    let run = export(bytes, &["--format", format]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    String::from_utf8(run.stdout).expect("a page is UTF-8")
}

/// A start tag.
#[derive(Debug)]
pub struct Tag {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
}

/// Start tags and text of a page; panics where a browser would have to guess.
pub fn tokens(page: &str) -> (Vec<Tag>, String) {
    let string = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let (mut tags, mut text, mut open) = (Vec::new(), String::new(), Vec::new());
    for token in Tokenizer::new(page) {
        match token.expect("a string can be read") {
            Token::StartTag(tag) => {
                let name = string(&tag.name);
                let attributes = tag.attributes.iter().map(|(name, value)| (string(name), string(value))).collect();
                if !["meta", "img", "hr", "br"].contains(&name.as_str()) {
                    open.push(name.clone());
                }
                tags.push(Tag { name, attributes });
            }
            Token::EndTag(tag) => assert_eq!(open.pop(), Some(string(&tag.name)), "tags nest"),
            Token::String(more) => text.push_str(&string(&more)),
            Token::Doctype(_) => assert!(tags.is_empty()),
            Token::Comment(comment) => panic!("a comment: {comment:?}"),
            // A character without meaning is shown as such by browsers.
            Token::Error(error) if error.value.as_str().starts_with("noncharacter") => {}
            Token::Error(error) => panic!("{error:?} in {page}"),
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    (tags, text)
}
