//! What a reader fetches: few requests and few bytes, however long the log is.

use jcode_session_core::source::Pieces;
use jcode_session_object::push::{Push, push};
use jcode_session_object::{Archive, Remote, check};
use jcode_session_tests::effort;
use jcode_session_tests::files::in_memory;
use jcode_session_tests::generate::random;
use jcode_session_tests::stores::Store;
use rand::RngExt;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

/// Appends entries of 3 KB to a log, with text that compresses to a quarter, as logs do.
fn append(log: &Path, first: u64, mebibytes: u64) -> u64 {
    let mut file = fs::OpenOptions::new().create(true).append(true).open(log).expect("opened");
    let mut rng = random(first);
    let mut number = first;
    if first == 0 {
        file.write_all(b"{\"type\":\"session\",\"version\":3,\"id\":\"s\",\"timestamp\":null,\"cwd\":\"/\"}\n")
            .expect("written");
    }
    while number < first + mebibytes * 350 {
        let mut text = String::with_capacity(3000);
        while text.len() < 2900 {
            write!(text, "{:04x} and no more of it ", rng.random::<u16>()).expect("written");
        }
        let parent = if number == 0 { "null".to_string() } else { format!("\"e{}\"", number - 1) };
        let line = format!(
            "{{\"type\":\"message\",\"id\":\"e{number}\",\"parentId\":{parent},\"timestamp\":{number},\"message\":\
             {{\"role\":\"user\",\"content\":[{{\"type\":\"text\",\"text\":\"{text}\"}}]}}}}\n"
        );
        file.write_all(line.as_bytes()).expect("written");
        number += 1;
    }
    number
}

fn push_all(store: &Arc<Store>, home: &Path) {
    let mut archive = Archive::over(Arc::clone(store) as Arc<_>, "store:").expect("opens");
    let what = Push { home: home.into(), roots: vec![home.join("sessions")], only: None, dry_run: false };
    push(&mut archive, &what, &|| false, &|| ()).expect("pushes");
}

#[test]
fn a_page_is_few_requests() {
    let home = in_memory();
    fs::create_dir(home.path().join("sessions")).expect("made");
    let log = home.path().join("sessions/s.jsonl");
    let store: Arc<Store> = Arc::default();
    let mebibytes = if effort::long() { 1024 } else { 40 };
    let mut entries = append(&log, 0, mebibytes);
    // The end of the log in one piece of full size, then in small ones behind it.
    for (more, most) in [(0, 4), (1, 4), (1, 5)] {
        if more > 0 {
            entries = append(&log, entries, more);
        }
        push_all(&store, home.path());
        let archive = Archive::over(Arc::clone(&store) as Arc<_>, "store:").expect("opens");
        let remote = Remote::open(archive, home.path()).expect("an archive");
        store.reads();
        let session = remote.read(&remote.find("s").expect("found")).expect("opens");
        let page = session.tail(50).expect("read");
        let (requests, bytes) = store.reads();
        assert_eq!(page.len(), 50);
        let last = String::from_utf8_lossy(&page[49].line);
        assert!(last.contains(&format!("\"id\":\"e{}\"", entries - 1)), "{last}");
        println!("{mebibytes} MiB: {requests} requests, {bytes} bytes");
        // Each small piece at the end may be one more.
        assert!(requests <= most && bytes <= 2 << 20, "{requests} requests, {bytes} bytes");
    }
    // All of it: no byte twice but for the ends of pieces, and no request for each block.
    let archive = Archive::over(Arc::clone(&store) as Arc<_>, "store:").expect("opens");
    let remote = Remote::open(archive, home.path()).expect("an archive");
    let session = remote.find("s").expect("found");
    let stored: u64 =
        store.objects().iter().filter(|(name, _)| name.starts_with("sessions/")).map(|(_, b)| b.len() as u64).sum();
    store.reads();
    let read = remote.read(&session).expect("opens");
    // More than is held in memory at once.
    let mut written = fs::File::open(&log).expect("there");
    let mut pieces = Pieces::new(read.bytes(), 0..read.bytes().len());
    while let Some((at, bytes)) = pieces.read().expect("read") {
        let mut wanted = vec![0; bytes.len()];
        written.read_exact(&mut wanted).expect("as long");
        assert!(bytes == wanted, "other bytes behind {at}");
    }
    assert_eq!(read.bytes().len(), fs::metadata(&log).expect("there").len());
    let (requests, bytes) = store.reads();
    let pieces = session.head.log.as_ref().map_or(0, |chain| chain.pieces.len());
    println!("{pieces} pieces of {stored} bytes: {requests} requests, {bytes} bytes");
    assert!(requests <= pieces * 6 && bytes <= stored + stored / 10 + (1 << 20), "{requests} requests, {bytes} bytes");
    let report = check::verify(&remote, &session, &mut |_| ControlFlow::Continue(())).expect("verified");
    assert!(report.ok, "{report:?}");
}
