//! What `inspect` serves, and to whom: over real connections, as a browser or an attacker would make them.

use jcode_session::serve::{self, Offer, Served, Sessions};
use jcode_session_core::catalog::SessionSummary;
use jcode_session_core::report::ListedSession;
use jcode_session_tests::files::LogDir;
use jcode_session_tests::generate::{LogShape, tree_v3};
use jcode_session_tests::homes;
use jcode_session_tests::program::{command, run};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;

/// A reply.
struct Reply {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// A served session: `http://127.0.0.1:<port>/<token>/`, and the address that works once.
struct Server {
    port: u16,
    root: String,
    once: String,
}

impl Server {
    fn start(dir: &LogDir) -> Self {
        Self::offering(Offer::Session(Served::open(&dir.log()).expect("the files can be opened")))
    }

    fn offering(offer: Offer) -> Self {
        let (send, receive) = mpsc::channel();
        // It serves until the process ends.
        std::thread::spawn(move || {
            serve::serve(0, offer, |address, once| send.send((address.to_string(), once.to_string())).unwrap())
        });
        let (address, once) = receive.recv().expect("it listens");
        let path = |address: &str| address.strip_prefix("http://").unwrap().split_once('/').unwrap().1.to_string();
        let port = address.strip_prefix("http://127.0.0.1:").unwrap().split_once('/').unwrap().0.parse().unwrap();
        Self { port, root: format!("/{}", path(&address)), once: format!("/{}", path(&once)) }
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
        let reply = self.raw(method, path, headers);
        let end = reply.windows(4).position(|part| part == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8(reply[..end].to_vec()).expect("text");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Reply { status, head, body: reply[end + 4..].to_vec() }
    }

    /// All that comes until the connection ends.
    fn raw(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Vec<u8> {
        let host = format!("127.0.0.1:{}", self.port);
        let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "Host") {
            request += &format!("Host: {host}\r\n");
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        let mut stream = TcpStream::connect(&host).expect("it listens");
        stream.write_all(format!("{request}\r\n").as_bytes()).expect("it reads");
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply);
        reply
    }

    fn get(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.ask("GET", &format!("{}{path}", self.root), headers)
    }
}

fn session() -> (LogDir, Vec<u8>) {
    let bytes = tree_v3(LogShape { entries: 2000, ..LogShape::default() }, 3);
    let dir = LogDir::new(&bytes);
    dir.update();
    (dir, bytes)
}

#[test]
fn a_session_is_read_by_ranges() {
    let (dir, bytes) = session();
    let server = Server::start(&dir);
    let listing: Value = serde_json::from_slice(&server.get("session.json", &[]).body).expect("json");
    assert_eq!(listing["name"], dir.log().to_string_lossy().as_ref());
    let roles: Vec<&str> = listing["files"].as_array().unwrap().iter().map(|f| f["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["log", "sidecar"]);
    assert_eq!(listing["files"][0]["size"], bytes.len());
    let log = listing["files"][0]["url"].as_str().unwrap();

    let whole = server.get(log, &[]);
    assert_eq!((whole.status, whole.body == bytes), (200, true));
    let range = |range: &str| {
        let reply = server.get(log, &[("Range", range)]);
        (reply.status, reply.header("content-range").map(ToString::to_string), reply.body)
    };
    let len = bytes.len();
    assert_eq!(range("bytes=10-19"), (206, Some(format!("bytes 10-19/{len}")), bytes[10..20].to_vec()));
    assert_eq!(
        range("bytes=-5"),
        (206, Some(format!("bytes {}-{}/{len}", len - 5, len - 1)), bytes[len - 5..].to_vec())
    );
    let open = format!("bytes={}-", len - 3);
    assert_eq!(range(&open), (206, Some(format!("bytes {}-{}/{len}", len - 3, len - 1)), bytes[len - 3..].to_vec()));
    let beyond = range(&format!("bytes=0-{}", u64::MAX));
    assert_eq!((beyond.0, beyond.2 == bytes), (206, true));
    let (status, place, _) = range(&format!("bytes={len}-"));
    assert_eq!((status, place), (416, Some(format!("bytes */{len}"))));
    // What is not one range of bytes is no range.
    for odd in ["bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=0-1,4-5", "bytes=+1-2"] {
        assert_eq!(range(odd).0, 200, "{odd}");
    }
    let head = server.ask("HEAD", &format!("{}{log}", server.root), &[]);
    let promised = len.to_string();
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, Some(promised.as_str()), 0));
}

/// Number, length and URL of the log in a list.
fn log_of(listing: &Reply) -> (u64, String) {
    let listing: Value = serde_json::from_slice(&listing.body).expect("json");
    let log = &listing["files"][0];
    assert_eq!(log["role"], "log");
    (log["size"].as_u64().expect("a size"), log["url"].as_str().expect("a url").to_string())
}

#[test]
fn a_list_is_of_the_files_as_they_are_now() {
    let (dir, bytes) = session();
    let server = Server::start(&dir);
    let (len, url) = log_of(&server.get("session.json", &[]));
    let more = [&*bytes, b"{\"type\":\"label\",\"id\":\"new\",\"targetId\":\"x\"}\n"].concat();
    dir.write(&more);
    // What was listed stays as long as it was.
    assert_eq!(server.get(&url, &[]).body.len() as u64, len);
    let (grown, same) = log_of(&server.get("session.json", &[]));
    assert_eq!((grown, &same), (more.len() as u64, &url));
    assert!(server.get(&url, &[]).body == more);
    // Another file in its place is not taken for it.
    std::fs::write(dir.folder().join("other"), &bytes).unwrap();
    std::fs::rename(dir.folder().join("other"), dir.log()).unwrap();
    let (len, other) = log_of(&server.get("session.json", &[]));
    assert_eq!(len, bytes.len() as u64);
    assert_ne!(other, url);
    assert_eq!(server.get(&url, &[]).status, 404);
}

#[test]
fn sessions_are_opened_by_the_list_alone() {
    let (dir, bytes) = session();
    let path = dir.log();
    let list = move || {
        let summary = Box::new(SessionSummary { session_id: "one".into(), ..SessionSummary::default() });
        vec![(path.clone(), ListedSession { path: "shown".into(), summary })]
    };
    let server = Server::offering(Offer::Sessions(Sessions::new(Box::new(list))));
    assert_eq!(server.get("sessions/0/session.json", &[]).status, 404, "not listed yet");
    let listing: Value = serde_json::from_slice(&server.get("sessions.json", &[]).body).expect("json");
    let [one] = listing["sessions"].as_array().unwrap().as_slice() else { panic!("{listing}") };
    assert_eq!((&one["session_id"], &one["path"]), (&"one".into(), &"shown".into()));
    let url = one["url"].as_str().unwrap();
    let (_, log) = log_of(&server.get(url, &[]));
    let log = url.replace("session.json", &log);
    assert!(server.get(&log, &[]).body == bytes);
    for path in ["session.json", "files/0", "sessions/1/session.json", "sessions/00/session.json", "sessions/0/files/9"]
    {
        assert_eq!(server.get(path, &[]).status, 404, "{path}");
    }
    assert_eq!(server.ask("GET", "/sessions.json", &[]).status, 403);
}

#[test]
fn only_its_own_page_is_answered() {
    let (dir, _) = session();
    let server = Server::start(&dir);
    let own = format!("127.0.0.1:{}", server.port);
    let page = format!("http://{own}");
    for allowed in [own.clone(), format!("localhost:{}", server.port)] {
        assert_eq!(server.get("session.json", &[("Host", &allowed)]).status, 200);
    }
    assert_eq!(server.get("session.json", &[("Origin", &page)]).status, 200);
    for host in ["evil.example", "127.0.0.1", "127.0.0.1:1", "", &format!("evil.example:{}", server.port)] {
        assert_eq!(server.get("session.json", &[("Host", host)]).status, 403, "{host}");
    }
    let foreign =
        ["http://evil.example", "null", "https://127.0.0.1", "", &format!("https://{own}"), &format!("{page}.evil")];
    for origin in foreign {
        assert_eq!(server.get("session.json", &[("Origin", origin)]).status, 403, "{origin}");
    }
}

#[test]
fn without_the_token_there_is_nothing() {
    let (dir, _) = session();
    let server = Server::start(&dir);
    let token = server.root.trim_matches('/');
    let wrong = format!("/{}/session.json", "0".repeat(token.len()));
    let short = format!("/{}/session.json", &token[1..]);
    let upper = format!("/{}0/session.json", token);
    let bare = format!("/{token}");
    for path in ["/", "/session.json", "/files/0", "//", "*", &wrong, &short, &upper, &bare] {
        assert_eq!(server.ask("GET", path, &[]).status, 403, "{path}");
    }
}

#[test]
fn no_path_leads_elsewhere() {
    let (dir, _) = session();
    std::fs::write(dir.folder().join("secret"), "secret").unwrap();
    let server = Server::start(&dir);
    let paths = [
        "files/2",
        "files/00",
        "files/+0",
        "files/-1",
        "files/",
        "files/0/",
        "files/../secret",
        "../secret",
        "files/%2e%2e/secret",
        "secret",
        "log.jsonl",
        "/etc/passwd",
        "files/18446744073709551616",
        "..%2fsecret",
    ];
    for path in paths {
        let reply = server.get(path, &[]);
        assert_eq!(reply.status, 404, "{path}");
        assert!(!reply.body.windows(6).any(|part| part == b"secret"), "{path}");
    }
}

#[test]
fn nothing_can_be_changed() {
    let (dir, bytes) = session();
    let server = Server::start(&dir);
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let reply = server.ask(method, &format!("{}files/0", server.root), &[("Content-Length", "0")]);
        assert_eq!((reply.status, reply.header("allow")), (405, Some("GET, HEAD")), "{method}");
    }
    assert_eq!(std::fs::read(dir.log()).unwrap(), bytes);
}

#[test]
fn every_reply_is_closed_to_others() {
    let (dir, _) = session();
    let server = Server::start(&dir);
    let replies = [
        server.get("session.json", &[]),
        server.get("files/0", &[("Range", "bytes=0-1")]),
        server.get("files/0", &[("Range", "bytes=99999999-")]),
        server.get("nothing", &[]),
        server.ask("GET", "/", &[]),
        server.ask("POST", &server.root, &[]),
    ];
    for reply in replies {
        let csp = reply.header("content-security-policy").expect("a policy");
        assert!(csp.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval';"), "{csp}");
        assert!(!csp.contains("http") && !csp.contains('*') && !csp.contains("unsafe-inline"), "{csp}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(reply.header("access-control-allow-origin"), None);
    }
}

#[test]
fn the_browsers_address_works_once() {
    let (dir, _) = session();
    let server = Server::start(&dir);
    // A refused request does not use it up.
    assert_eq!(server.ask("GET", &server.once, &[("Host", "evil.example")]).status, 403);
    let first = server.ask("GET", &server.once, &[]);
    assert_eq!((first.status, first.header("location")), (303, Some(server.root.as_str())));
    assert_eq!(server.ask("GET", &server.once, &[]).status, 403);
}

#[test]
fn a_file_that_is_cut_ends_short_of_its_promise() {
    let (dir, bytes) = session();
    let server = Server::start(&dir);
    // Behind the first piece.
    dir.write(&bytes[..300_000]);
    // How much of it leaves before the connection ends is up to the buffers between.
    let reply = server.raw("GET", &format!("{}files/0", server.root), &[]);
    assert!(reply.len() < bytes.len(), "{} bytes", reply.len());
    let head = String::from_utf8_lossy(&reply[..reply.len().min(1000)]).to_lowercase();
    assert!(reply.is_empty() || head.contains(&format!("content-length: {}\r\n", bytes.len())), "{head}");
}

#[test]
fn without_a_page_it_says_how_to_build_one() {
    if serve::is_built() {
        return;
    }
    let (dir, _) = session();
    let run = run(dir.folder(), ["inspect", &dir.log().to_string_lossy(), "--no-open"]);
    assert_eq!((run.code, run.stdout.len()), (2, 0));
    assert!(run.stderr.contains("host-wasm/inspector/build"), "{}", run.stderr);
}

/// The address leads to the entry that was named.
#[test]
fn an_entry_can_be_named_behind_the_session() {
    let home = homes::home();
    homes::put(home.path(), "it.jsonl", &homes::log("it", 3, 1_770_000_000_000, "word"));
    let mut child = command(home.path())
        .args(["inspect", "--no-open", "it#e1"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("the binary is built");
    let mut address = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut address).expect("an address");
    child.kill().and_then(|()| child.wait()).expect("ended");
    assert!(address.trim_end().ends_with("/#entry=e1"), "{address}");
    for (word, why) in [("it#e9", "e9"), ("no#e1", "no")] {
        let refused = run(home.path(), ["inspect", "--no-open", word]);
        assert!(refused.code == 2 && refused.stderr.contains(why), "{refused:?}");
    }
}
