//! Tables in a cloud: the same files as in a folder, put whole, and only where something changed.

use crate::http::{Request, error, forwarded};
use crate::proxy::{Fault, Passed, Proxy};
use crate::stub::decoded;
use crate::world::{Cloud, Place, Which, each, ok, refused};
use jcode_session_tests::files::contents;
use jcode_session_tests::generate::random;
use jcode_session_tests::generate::secrets::secret;
use jcode_session_tests::homes;
use jcode_session_tests::program::{Run, finished};
use rand::RngExt;
use std::collections::BTreeMap;

const DAY: &str = "2026-01-01";
const LATER: &str = "2026-01-04";
const TABLES: [&str; 4] = ["sessions", "entries", "tool_calls", "usage"];

/// A home with two sessions of one day and one of another.
fn place(cloud: &Cloud) -> Place {
    let place = Place::new(cloud, &cloud.url());
    for (id, began) in [("a", DAY), ("b", DAY), ("c", LATER)] {
        session(&place, id, began, "apple");
    }
    std::fs::create_dir_all(place.home.path().join("agent")).expect("made");
    std::fs::write(place.home.path().join("agent/machine.label"), "desk\n").expect("written");
    place
}

fn session(place: &Place, id: &str, began: &str, text: &str) {
    let log = String::from_utf8(homes::log(id, 4, 1_760_000_000_000, text)).expect("text");
    place.put(&format!("{id}.jsonl"), log.replacen(DAY, began, 1).as_bytes());
}

fn export(place: &Place, server: &str, to: &str, more: &[&str]) -> Run {
    let args = [&["export", "--format", "parquet", "--all", "--json", "--to", to][..], more].concat();
    finished(place.command(&args, server).output().expect("the binary is built"))
}

fn written(run: &Run) -> Vec<bool> {
    ok(run);
    run.json()["days"].as_array().expect("days").iter().map(|day| day["written"] == true).collect()
}

fn name(table: &str, date: &str) -> String {
    format!("{table}/session_date={date}/machine=desk/part-0.parquet")
}

/// The name of an object below the place, as a request has it.
fn named(place: &Place, target: &str) -> String {
    let path = decoded(target.split('?').next().unwrap_or_default());
    let (_, prefix) = place.url.rsplit_once('/').expect("a prefix");
    path.split_once(&format!("{prefix}/")).expect("below the prefix").1.to_string()
}

/// What was put, in order.
fn puts(place: &Place, passed: Vec<Passed>) -> Vec<(String, Vec<u8>)> {
    let puts = passed.into_iter().filter(|one| one.method == "PUT" && one.status / 100 == 2);
    puts.map(|one| (named(place, &one.target), one.body)).collect()
}

fn all_of(date: &str) -> Vec<String> {
    TABLES.map(|table| name(table, date)).to_vec()
}

/// The files that an export into a folder makes.
fn in_folder(place: &Place, more: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::TempDir::new().expect("a folder");
    let run = export(place, &place.cloud.server, folder.path().to_str().expect("text"), more);
    ok(&run);
    let files = contents(folder.path()).into_iter();
    let name = |path: std::path::PathBuf| {
        path.strip_prefix(folder.path()).expect("below it").to_str().expect("text").replace('\\', "/")
    };
    files.map(|(path, bytes)| (name(path), bytes)).collect()
}

/// What stands in the store, by a request of our own. S3's server here takes any signature, Azure's does not.
fn stored(place: &Place, name: &str) -> Option<Vec<u8>> {
    let bucket_and_prefix = place.url.split_once("://").expect("a scheme").1;
    let target = format!("/{bucket_and_prefix}/{}", name.replace('=', "%3D"));
    let host = place.cloud.server.trim_start_matches("http://").to_string();
    let signed =
        "AWS4-HMAC-SHA256 Credential=tester/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";
    let headers = vec![("host".into(), host), ("authorization".into(), signed.into())];
    let request = Request { method: "GET".into(), target, headers, body: Vec::new() };
    let answer = forwarded(&place.cloud.server, &request);
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    answer.starts_with(b"HTTP/1.1 200").then(|| answer[head..].to_vec())
}

#[test]
fn the_files_are_those_of_a_folder_and_put_once() {
    each(|cloud| {
        let place = place(cloud);
        let token = secret("ghp_{a36}", &mut random(1)).0;
        session(&place, "c", LATER, &token);
        place.put("named.jsonl", &titled(&token));
        let proxy = Proxy::before(&cloud.server);
        let first = export(&place, &proxy.address, &place.url, &[]);
        assert_eq!(written(&first), [true, true]);
        assert!(first.stderr.contains("redacted: 1 github-token;"), "the title: {first:?}");
        assert!(!first.stderr.contains(&token) && !first.text().contains(&token), "{first:?}");
        let put = puts(&place, proxy.passed());
        let names: Vec<String> = put.iter().map(|(name, _)| name.clone()).collect();
        assert_eq!(names, [all_of(DAY), all_of(LATER)].concat());
        // Without texts, and without secrets, if nothing is said.
        let same = in_folder(&place, &["--text", "none", "--redact", "rules"]);
        assert!(put.into_iter().collect::<BTreeMap<_, _>>() == same);
        assert!(same != in_folder(&place, &["--text", "none"]));
        // Nothing changed: the ends of eight files, and what the place holds.
        assert_eq!(written(&export(&place, &proxy.address, &place.url, &[])), [false, false]);
        let mut passed = proxy.passed();
        // The stub's lists come in pages.
        passed.retain(|one| !one.target.contains("continuation-token"));
        let count = |method: &str| passed.iter().filter(|one| one.method == method).count();
        let heads = if cloud.which == Which::Azure { 8 } else { 0 };
        assert_eq!((count("GET"), count("HEAD"), passed.len()), (9, heads, 9 + heads), "{passed:?}");
        assert!(passed.iter().all(|one| one.bytes < 20_000), "ends alone");
        // With texts secrets are left out of these too, unless that is switched off.
        for (more, same) in [
            (&["--text", "full"][..], &["--text", "full", "--redact", "rules"][..]),
            (&["--text", "capped", "--redact", "strict"], &["--redact", "strict"]),
            (&["--text", "capped", "--redact", "off"], &[]),
        ] {
            assert_eq!(written(&export(&place, &proxy.address, &place.url, more)), [true, true]);
            let put: BTreeMap<String, Vec<u8>> = puts(&place, proxy.passed()).into_iter().collect();
            assert!(put == in_folder(&place, same), "{more:?}");
        }
    });
}

fn titled(title: &str) -> Vec<u8> {
    let mut log = homes::log("named", 2, 1_760_000_000_000, "pear");
    log.extend(
        format!("{{\"type\":\"session_info\",\"id\":\"n\",\"parentId\":\"e1\",\"timestamp\":1760000000000,\"name\":\"{title}\"}}\n")
            .into_bytes(),
    );
    log
}

#[test]
fn a_day_that_changed_is_put_again_and_gone_sessions_stay() {
    each(|cloud| {
        let place = place(cloud);
        let proxy = Proxy::before(&cloud.server);
        let rows = |run: &Run| run.json()["days"][0]["rows"].as_u64().expect("a number");
        let first = export(&place, &proxy.address, &place.url, &["--text", "capped"]);
        proxy.passed();
        ok(&place.run(&["label", "b", "e1", "here"]));
        let grown = export(&place, &proxy.address, &place.url, &["--text", "capped"]);
        assert_eq!((written(&grown), rows(&grown)), (vec![true, false], rows(&first) + 1));
        let names: Vec<String> = puts(&place, proxy.passed()).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, all_of(DAY));
        std::fs::remove_file(place.home.path().join("sessions/a.jsonl")).expect("removed");
        let gone = export(&place, &proxy.address, &place.url, &["--text", "capped"]);
        assert_eq!((written(&gone), rows(&gone)), (vec![true, false], rows(&first) + 1), "its rows stay");
        assert_eq!(written(&export(&place, &proxy.address, &place.url, &["--text", "capped"])), [false, false]);
    });
}

/// A put that is refused leaves the old file; one whose answer is lost is repeated.
#[test]
fn a_put_that_fails_leaves_the_old_file() {
    each(|cloud| {
        let place = place(cloud);
        written(&export(&place, &cloud.server, &place.url, &[]));
        let old = stored(&place, &name("usage", DAY));
        session(&place, "b", DAY, "another");
        let proxy = Proxy::before(&cloud.server);
        let is_usage = |request: &Request| request.method == "PUT" && request.target.contains("usage");
        proxy.fault(is_usage, Fault::Answers(error("403 Forbidden", "AccessDenied")), usize::MAX);
        let run = export(&place, &proxy.address, &place.url, &[]);
        let whole = format!("cannot write {}/{}", place.url, name("usage", DAY));
        refused(&run, &[&whole, "403 AccessDenied", "the store refuses these credentials"]);
        assert_eq!(puts(&place, proxy.passed()).len(), 3, "those before it");
        let expected = in_folder(&place, &["--text", "none", "--redact", "rules"]);
        if cloud.which != Which::Azure {
            assert!(old.is_some() && stored(&place, &name("usage", DAY)) == old);
            assert!(stored(&place, &name("entries", DAY)).as_ref() == Some(&expected[&name("entries", DAY)]));
        }
        proxy.fault(|request| request.method == "PUT", Fault::LosesAnswer, 3);
        assert_eq!(written(&export(&place, &proxy.address, &place.url, &[])), [true, false]);
        let put = puts(&place, proxy.passed());
        assert_eq!(put.len(), 4 + 3, "repeated");
        assert!(put.iter().all(|(name, bytes)| expected[name] == *bytes));
        assert_eq!(written(&export(&place, &cloud.server, &place.url, &[])), [false, false]);
    });
}

/// More than a request takes: the file appears with the last of several.
#[test]
fn a_long_file_appears_whole() {
    each(|cloud| {
        let place = place(cloud);
        let full = ["--text", "full", "--redact", "off"];
        written(&export(&place, &cloud.server, &place.url, &full));
        let old = stored(&place, &name("entries", DAY));
        // Text that does not become shorter.
        let mut random = random(7);
        let text: String = (0..7_000_000).map(|_| char::from(random.random_range(b'!'..b'~'))).collect();
        session(&place, "b", DAY, &text);
        let proxy = Proxy::before(&cloud.server);
        let is_last = |request: &Request| {
            let is_part = request.target.contains("partNumber=") || request.target.contains("blockid=");
            request.method == "PUT" && is_part && request.body.len() != 8 << 20
        };
        proxy.fault(is_last, Fault::Answers(error("403 Forbidden", "AccessDenied")), usize::MAX);
        refused(&export(&place, &proxy.address, &place.url, &full), &["cannot write", "entries", "AccessDenied"]);
        let passed = proxy.passed();
        if cloud.which == Which::Azure {
            assert!(passed.iter().all(|one| !one.target.contains("comp=blocklist")), "{}", passed.len());
        } else {
            assert!(passed.iter().any(|one| one.method == "DELETE" && one.status == 204), "its parts are taken back");
            assert!(old.is_some() && stored(&place, &name("entries", DAY)) == old);
        }
        proxy.fault(|_| false, Fault::LosesAnswer, 0);
        assert_eq!(written(&export(&place, &proxy.address, &place.url, &full)), [true, false]);
        let most = proxy.passed().iter().map(|one| one.body.len()).max();
        assert_eq!(most, Some(8 << 20), "no request has more");
        if cloud.which != Which::Azure {
            let expected = &in_folder(&place, &full)[&name("entries", DAY)];
            assert!(expected.len() > 16 << 20 && stored(&place, &name("entries", DAY)).as_ref() == Some(expected));
        }
        assert_eq!(written(&export(&place, &cloud.server, &place.url, &full)), [false, false]);
        // Read back for rows that stay.
        std::fs::remove_file(place.home.path().join("sessions/b.jsonl")).expect("removed");
        session(&place, "a", DAY, "another");
        let gone = export(&place, &cloud.server, &place.url, &full);
        assert_eq!((written(&gone), gone.json()["days"][0]["rows"].as_u64()), (vec![true, false], Some(2 + 8)));
    });
}

#[test]
fn a_place_that_is_none_is_told() {
    each(|cloud| {
        let place = place(cloud);
        let to = |url: &str| export(&place, &cloud.server, url, &[]);
        let what = if cloud.which == Which::Azure { "there is no such container" } else { "there is no such bucket" };
        refused(&to(&cloud.of_bucket("nobody-made-it", "p")), &[what, "make it"]);
        let foreign = cloud.of_bucket("sessions", "foreign");
        refused(&to(&foreign), &[&foreign, "holds `notes.txt` and no tables", "name a prefix that is empty"]);
        ok(&place.there(&["push"]));
        refused(&to(&place.url), &["holds an archive of sessions", "name another place"]);
        written(&to(&format!("{}/tables", place.url)));
        // What the archive says of itself did not change.
        ok(&place.there(&["verify"]));
        refused(&to(&format!("{}?sig=x", place.url)), &["credentials belong into the environment"]);
        let args = ["export", "--format", "parquet", "--all", "--to", &cloud.url()];
        let mut command = place.command(&args, &cloud.server);
        let (secret, _) = cloud.secret();
        let run = finished(command.env_remove(secret).env_remove("AWS_ACCESS_KEY_ID").output().expect("runs"));
        refused(&run, &["there are no credentials for it"]);
        refused(&finished(place.command(&args, "http://127.0.0.1:9").output().expect("runs")), &["nothing answers"]);
    });
}
