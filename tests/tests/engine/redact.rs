//! Redaction: every form of secret is found however it is written down, and nothing else changes.

use jcode_session_core::redact::{Level, Private, Redactor, Rule};
use jcode_session_tests::generate::secrets::{SECRETS, secret};
use jcode_session_tests::generate::{LogShape, random, tree_v3};
use rand::RngExt;
use serde_json::{Value, json};

fn redactor(level: Level) -> Redactor {
    Redactor::new(level, Vec::new(), Private::default()).expect("the built-in rules")
}

/// JSON in which any character of a string may be an escape.
fn escaped(value: &Value, percent: u32, random: &mut jcode_session_tests::generate::Random) -> String {
    let mut out = String::new();
    let mut inside = false;
    let text = value.to_string();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if inside && c == '\\' {
            out.push(c);
            out.extend(chars.next());
            continue;
        }
        inside ^= c == '"';
        if inside && c.is_ascii_alphanumeric() && random.random_range(0..100) < percent {
            out.push_str(&format!("\\u{:04X}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

#[test]
fn every_known_form_is_found_wherever_it_stands() {
    for (number, (rule, template)) in (0..).zip(SECRETS) {
        for seed in 0..8 {
            let random = &mut random(number * 100 + seed);
            let (text, secret) = secret(template, random);
            let said = format!("before\n{text}\nbehind");
            let entry = json!({"type": "message", "id": "a", "message": {"role": "toolResult", "content": [
                {"type": "text", "text": said}, {"type": "toolCall", "id": "c", "arguments": {"list": [said]}}]}, said.clone(): 1});
            let line = escaped(&entry, [0, 30, 100][seed as usize % 3], random);
            let mut redactor = redactor(Level::Rules);
            let redacted = redactor.line(line.as_bytes()).into_owned();
            let read: Value = serde_json::from_slice(&redacted).expect("still JSON");
            assert!(!read.to_string().contains(json!(secret).to_string().trim_matches('"')), "{rule}: {read}");
            assert!(redactor.counts().contains_key(*rule), "{rule}, {text}: {:?}", redactor.counts());
            assert!(read.to_string().contains("before\\n") && read.to_string().contains("\\nbehind"), "{read}");
            let ids = |value: &Value| (value["id"].clone(), value["message"]["content"][1]["id"].clone());
            assert_eq!(ids(&read), ids(&entry));
        }
    }
}

#[test]
fn equal_secrets_have_equal_marks() {
    let random = &mut random(1);
    let [(one, _), (two, _)] = [secret("ghp_{a36}", random), secret("ghp_{a36}", random)];
    let mut redactor = redactor(Level::Rules);
    assert_eq!(
        redactor.text(&format!("{one} {two} {one}")),
        "[REDACTED:github-token] [REDACTED:github-token:2] [REDACTED:github-token]"
    );
    assert_eq!(redactor.text(&two), "[REDACTED:github-token:2]");
    assert_eq!(
        redactor.counts().iter().map(|(rule, times)| (rule.as_str(), *times)).collect::<Vec<_>>(),
        [("github-token", 4)]
    );
}

#[test]
fn what_is_known_of_the_machine_is_left_out() {
    let private = Private {
        values: vec![("MY_TOKEN".into(), "correct horse".into()), ("SHORT_KEY".into(), "abc".into())],
        home: Some("/home/ann".into()),
    };
    let mut redactor = Redactor::new(Level::Rules, Vec::new(), private).expect("rules");
    assert_eq!(
        redactor.text("it is correct horse in /home/ann/x, /home/ann, /home/anna and /home/ann-b; abc"),
        "it is [REDACTED:env-my_token] in ~/x, ~, /home/anna and /home/ann-b; abc"
    );
}

#[test]
fn pictures_are_left_out() {
    let data = "iVBORw0KGgo".repeat(60);
    let line = json!({"content": [{"type": "image", "data": data, "mimeType": "image/png"},
        {"type": "image_url", "url": format!("data:image/png;base64,{data}")}, {"type": "text", "text": data}]})
    .to_string();
    let mut redactor = redactor(Level::Rules);
    let redacted: Value = serde_json::from_slice(&redactor.line(line.as_bytes())).expect("JSON");
    assert_eq!(redactor.images(), 2);
    assert!(redacted["content"][0]["data"].as_str().expect("text").len() < 200);
    assert!(redacted["content"][1]["url"].as_str().expect("text").starts_with("data:image/png;base64,iVBOR"));
    assert_eq!(redacted["content"][2]["text"], data);
}

#[test]
fn the_strict_level_takes_what_is_assigned_and_what_looks_random() {
    let (random_text, _) = secret("{a40}", &mut random(3));
    let text = format!("db_password: 'tr0ub4dor&3' and {random_text} and words_of_some_length_in_a_row");
    assert_eq!(redactor(Level::Rules).text(&text), text);
    let strict = redactor(Level::Strict).text(&text).into_owned();
    assert_eq!(
        strict,
        "db_password: '[REDACTED:assigned-secret]' and [REDACTED:random-text] and words_of_some_length_in_a_row"
    );
}

#[test]
fn further_rules_are_those_of_gitleaks_files() {
    let rule = |regex: &str| Rule {
        id: "own".into(),
        regex: regex.into(),
        keywords: vec!["OWN_".into()],
        entropy: 2.0,
        allowed: vec!["^own_test".into()],
        stopwords: vec!["example".into()],
        ..Rule::default()
    };
    let mut redactor = Redactor::new(Level::Rules, vec![rule("own_[a-z0-9]{8}")], Private::default()).expect("a rule");
    let text = "own_a1b2c3d4 own_aaaaaaaa own_test1234 own_example1";
    // The second has too little entropy, the others are allowed.
    assert_eq!(redactor.text(text), "[REDACTED:own] own_aaaaaaaa own_test1234 own_example1");
    let refused = Redactor::new(Level::Rules, vec![rule("(")], Private::default()).expect_err("no expression");
    assert_eq!(refused.id, "own");
}

/// Generated sessions hold no secrets: hardly anything is taken for one, and a line without one is not copied.
#[test]
fn words_are_no_secrets() {
    let (mut bytes, mut redactor) = (0, redactor(Level::Rules));
    for seed in 0..20 {
        let log = tree_v3(LogShape { entries: 300, entry_bytes: 900, ..LogShape::default() }, seed);
        for line in log.split(|&byte| byte == b'\n') {
            bytes += line.len();
            let before = redactor.counts().values().sum::<u64>();
            let redacted = redactor.line(line);
            if matches!(redacted, std::borrow::Cow::Owned(_)) {
                let read: Value = serde_json::from_slice(&redacted).expect("JSON");
                assert!(redactor.counts().values().sum::<u64>() > before || redactor.images() > 0, "{read}");
            }
        }
    }
    assert!(bytes > 4_000_000);
    assert_eq!(redactor.counts().values().sum::<u64>(), 0, "{:?}", redactor.counts());
}
