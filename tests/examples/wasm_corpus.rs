//! Writes the folder of sessions over which native and wasm reports are compared: `wasm_corpus FOLDER [EACH]`.
//!
//! Owns: which kinds of sessions those are: every dialect, well-formed and damaged, sidecars in every state, v1 files
//! alone and beside a log, stores and segments. Invariant: one number gives one corpus.
//! Does not: compare.

use jcode_session_core::source::go_on;
use jcode_session_native::ops::restore::take_checkpoint;
use jcode_session_native::ops::seal::{self, Segments};
use jcode_session_native::os::log_file::LogFile;
use jcode_session_native::os::paths;
use jcode_session_native::sidecar::rebuild;
use jcode_session_tests::generate::{
    LargeLog, LogShape, Until, damaged_linear_v1, damaged_tree_v2, damaged_tree_v3, tree_v3,
};
use jcode_session_tests::jcode_model::{ModelRng, arb_v1, cut_snapshot, damage_journal};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::error::Error;
use std::fs::{self, File};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

type Done = Result<(), Box<dyn Error>>;

/// What is done to a log or its sidecar.
type Change = fn(&Path) -> Done;

fn main() -> Done {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().ok_or("usage: wasm_corpus FOLDER [EACH]")?);
    let each: usize = args.next().map_or(Ok(25), |each| each.parse())?;
    fs::create_dir_all(&folder)?;
    let runner = &mut TestRunner::deterministic();
    for number in 0..each {
        let log = |name: &str| folder.join(format!("{name}-{number:03}.jsonl"));
        fs::write(log("tree-v3"), pick(damaged_tree_v3(25), runner).bytes)?;
        fs::write(log("tree-v2"), pick(damaged_tree_v2(25), runner).bytes)?;
        fs::write(log("linear-v1"), pick(damaged_linear_v1(25), runner).bytes)?;
        let indexed = log("indexed");
        fs::write(&indexed, pick(damaged_tree_v3(25), runner).bytes)?;
        index(&indexed)?;
        v1(&folder, number, runner)?;
    }
    sidecars(&folder)?;
    stores(&folder)?;
    odd(&folder)
}

fn pick<S: Strategy>(strategy: S, runner: &mut TestRunner) -> S::Value {
    strategy.new_tree(runner).expect("strategies here reject nothing").current()
}

fn index(log: &Path) -> Done {
    rebuild::update(&LogFile::open(log)?, false, &mut |_| ControlFlow::Continue(()))?;
    Ok(())
}

/// v1 files, sound, with a damaged journal, or with a cut snapshot.
fn v1(folder: &Path, number: usize, runner: &mut TestRunner) -> Done {
    let mut files = pick(arb_v1(15), runner);
    let rng = &mut ModelRng::new(number as u64);
    if number % 3 == 1
        && let Some((journal, _)) = files.journal.as_ref().filter(|j| j.len() > 3).and_then(|j| damage_journal(j, rng))
    {
        files.journal = Some(journal);
    }
    if number % 3 == 2
        && let Some(cut) = cut_snapshot(&files, number.is_multiple_of(2), rng)
    {
        files = cut;
    }
    Ok(files.write_to(folder, &format!("v1-{number:03}"))?)
}

/// One log, and a sidecar in every state that there is.
fn sidecars(folder: &Path) -> Done {
    let bytes = tree_v3(LogShape { entries: 400, ..LogShape::default() }, 7);
    let states: [(&str, Change); 9] = [
        ("fresh", |_| Ok(())),
        ("grown", |log| {
            let more = r#"{"type":"custom","id":"one more","parentId":null,"timestamp":"2026-01-01T00:00:00Z"}"#;
            Ok(writeln!(File::options().append(true).open(log)?, "{more}")?)
        }),
        ("stale", |log| {
            let mut bytes = fs::read(log)?;
            bytes.truncate(bytes.len() / 2);
            Ok(fs::write(log, bytes)?)
        }),
        ("edited", |log| {
            // Below what a fingerprint looks at: only the rows tell.
            let mut bytes = fs::read(log)?;
            let place = bytes.windows(9).skip(6000).position(|part| part == b"\"message\"").ok_or("a message")? + 6001;
            bytes[place..place + 7].copy_from_slice(b"massage");
            Ok(fs::write(log, bytes)?)
        }),
        ("empty", |log| Ok(fs::write(paths::sidecar(log), [])?)),
        ("garbage", |log| Ok(fs::write(paths::sidecar(log), b"no database at all\n".repeat(400))?)),
        ("damaged", |log| {
            let mut bytes = fs::read(paths::sidecar(log))?;
            let middle = bytes.len() / 2;
            bytes[middle..middle + 3000].fill(0xAA);
            Ok(fs::write(paths::sidecar(log), bytes)?)
        }),
        ("newer", |log| Ok(sql(log, "PRAGMA user_version=99")?)),
        ("wal", |log| Ok(sql(log, "PRAGMA journal_mode=WAL")?)),
    ];
    for (state, make) in states {
        let log = folder.join(format!("sidecar-{state}.jsonl"));
        fs::write(&log, &bytes)?;
        index(&log)?;
        make(&log)?;
    }
    // The sidecar of another session.
    let log = folder.join("sidecar-foreign.jsonl");
    fs::write(&log, tree_v3(LogShape { entries: 400, ..LogShape::default() }, 8))?;
    fs::copy(folder.join("sidecar-fresh.sqlite3"), paths::sidecar(&log))?;
    Ok(())
}

/// Logs with a ledger, and with segments in every state that there is.
fn stores(folder: &Path) -> Done {
    let flip = |path: &Path| -> Done {
        let mut bytes = fs::read(path)?;
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        Ok(fs::write(path, bytes)?)
    };
    let states =
        ["ledger", "ledger-flipped", "sealed", "compressed", "flipped", "squeezed", "lost", "no-manifest", "edited"];
    for state in states {
        let log = folder.join(format!("store-{state}.jsonl"));
        LargeLog { until: Until::Bytes(1 << 20), ..LargeLog::default() }.write(File::create(&log)?)?;
        take_checkpoint(&log)?;
        if !state.starts_with("ledger") {
            let compress = ["compressed", "squeezed"].contains(&state);
            seal::run(&log, Segments { size: 128 << 10, compress }, &mut go_on)?;
        }
        let segments = paths::store(&log).join("segments");
        let mut names: Vec<PathBuf> =
            fs::read_dir(&segments).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        names.sort();
        let first = names.first().cloned().unwrap_or_default();
        match state {
            "ledger-flipped" => flip(&paths::store(&log).join("ledger.jsonl"))?,
            "flipped" | "squeezed" => flip(&first)?,
            "lost" => fs::remove_file(&first)?,
            "no-manifest" => fs::remove_file(segments.join("manifest.json"))?,
            "edited" => flip(&log)?,
            // Where bytes are lost, natively a sidecar goes on answering while the file system says that nobody
            // touched the log; a page, which cannot ask that, finds it stale.
            _ => index(&log)?,
        }
    }
    Ok(())
}

fn sql(log: &Path, statement: &str) -> rusqlite::Result<()> {
    let connection = rusqlite::Connection::open(paths::sidecar(log))?;
    connection.query_row(statement, [], |_| Ok(())).or_else(|error| match error {
        rusqlite::Error::QueryReturnedNoRows => Ok(()),
        other => Err(other),
    })
}

/// Logs that are none, and large ones.
fn odd(folder: &Path) -> Done {
    fs::write(folder.join("odd-empty.jsonl"), [])?;
    fs::write(folder.join("odd-text.jsonl"), "this is no session\n".repeat(50))?;
    fs::write(folder.join("odd-nul.jsonl"), vec![0; 5000])?;
    let version_4 = r#"{"type":"session","version":4,"id":"s","timestamp":"2026-01-01T00:00:00Z","cwd":"/"}"#;
    fs::write(folder.join("odd-newer.jsonl"), format!("{version_4}\n"))?;
    let (header, long) = (version_4.replace('4', "3"), "x".repeat(3 << 20));
    let entry =
        format!(r#"{{"type":"message","id":"a","parentId":null,"message":{{"role":"user","content":"{long}"}}}}"#);
    fs::write(folder.join("odd-long-line.jsonl"), format!("{header}\n{entry}\n"))?;
    for name in ["odd-large", "odd-large-indexed"] {
        let log = folder.join(format!("{name}.jsonl"));
        LargeLog { until: Until::Bytes(3 << 20), ..LargeLog::default() }.write(File::create(&log)?)?;
    }
    index(&folder.join("odd-large-indexed.jsonl"))
}
