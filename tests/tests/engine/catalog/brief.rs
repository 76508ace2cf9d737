//! What a list shows of another agent's session, whose texts it does not read to their end, is what it shows of the same
//! session as a log.

use jcode_session_core::catalog::{Named, SessionSummary, summarize_log};
use jcode_session_core::dialect::{detect, present};
use jcode_session_core::source::{ByteSource, SliceSource};
use jcode_session_tests::effort::seeds;
use jcode_session_tests::generate::agents::{AGENTS, at_length};
use jcode_session_tests::generate::{Random, random};
use rand::RngExt;
use rand::seq::IndexedRandom;
use std::ops::ControlFlow;

/// What stands in a text, as JSON writes it: spaces of all kinds, which a preview leaves out, and what must not be cut.
const STUFF: [&str; 12] = [
    "word ",
    "   ",
    r"\n",
    r"\u0020\u00a0",
    r#"\"\\"#,
    r"\\",
    r"\ud83d\ude00",
    r"\u65e5",
    "\u{3000}\u{a0}\u{2009}",
    "日本語のテキスト",
    "größe",
    "русский",
];

/// Often one thing many times, so that every place of it meets the place where a text is cut.
fn more(rng: &mut Random) -> Vec<u8> {
    let things = 0..rng.random_range(0..4);
    things
        .flat_map(|_| {
            let thing = STUFF.choose(rng).expect("some");
            thing.repeat(rng.random_range(0..1500 / thing.len())).into_bytes()
        })
        .collect()
}

fn summary(bytes: &[u8]) -> SessionSummary {
    let named = Named { stem: "stem", file_time: 7, now_ms: i64::MAX / 2 };
    summarize_log(&SliceSource(bytes), named, &mut || Ok(None)).expect("read").expect("a session")
}

/// The log that a session is shown as.
fn shown(session: &[u8]) -> Vec<u8> {
    let source = SliceSource(session);
    let detected = detect(&source).expect("read");
    let log = present(source, &detected, &mut |_| ControlFlow::Continue(())).expect("shown");
    log.read_vec(0, usize::try_from(log.len()).expect("short")).expect("read")
}

#[test]
fn a_summary_of_a_session_is_that_of_its_log() {
    let mut cut = 0;
    for (agent, generator) in AGENTS {
        for seed in seeds(40) {
            let mut rng = random(seed);
            let session = at_length(&generator(rng.random_range(1..9), seed), |_| more(&mut rng));
            let log = shown(&session);
            let of_session = summary(&session);
            let of_log = summary(&log);
            assert_eq!(of_session.agent.as_deref(), Some(agent), "seed {seed}");
            let expected = SessionSummary {
                dialect: of_session.dialect,
                agent: of_session.agent.clone(),
                size_bytes: of_session.size_bytes,
                ..of_log
            };
            assert_eq!(of_session, expected, "{agent}, seed {seed}");
            cut += usize::from(log.len() > 50_000);
        }
    }
    assert!(cut > 20, "texts are long in {cut} sessions");
}
