//! Reading in a cloud: the same reports, and few requests.

use crate::proxy::{Passed, Proxy};
use crate::world::{Place, each, ok};
use jcode_session_tests::generate::{LogShape, damage, random, tree_v3};
use jcode_session_tests::homes;
use jcode_session_tests::program::placeless;
use serde_json::Value;

#[test]
fn every_report_is_that_of_the_sessions_here() {
    each(|cloud| {
        let place = Place::new(cloud, &cloud.url());
        for seed in 0..3 {
            let log = tree_v3(LogShape { entries: 60, branch_percent: 20, ..LogShape::default() }, 40 + seed);
            place.put(&format!("t{seed}.jsonl"), &log);
        }
        let mut damaged = damage(&tree_v3(LogShape { entries: 60, ..LogShape::default() }, 50), &mut random(3));
        damaged.truncate(damaged.iter().rposition(|&byte| byte == b'\n').map_or(0, |lf| lf + 1));
        place.put("damaged.jsonl", &damaged);
        ok(&place.there(&["push"]));
        let listed = place.run(&["list", "--json"]).json();
        let sessions = listed["sessions"].as_array().expect("sessions");
        assert_eq!(sessions.len(), 4);
        for session in sessions {
            let text = |field: &str| session[field].as_str().expect("text").to_string();
            let (path, id) = (text("path"), text("session_id"));
            for args in [
                &["tree", "--json"][..],
                &["show", "--json"],
                &["show", "--tail", "3"],
                &["export", "--format", "v3"],
                &["export", "--format", "markdown"],
            ] {
                let with = |word| -> Vec<&str> { [&args[..1], &[word], &args[1..]].concat() };
                let (here, there) = (place.run(&with(&path)), place.there(&with(&id)));
                assert_eq!((there.code, there.text()), (here.code, here.text()), "{args:?} of {path}");
            }
            let (here, there) = (place.run(&["verify", &path, "--json"]), place.there(&["verify", &id, "--json"]));
            assert_eq!(placeless(there.json()), placeless(here.json()), "{path}");
        }
        let sorted = |report: Value, field: &str| {
            let report = placeless(report);
            let mut lines: Vec<String> =
                report[field].as_array().expect("a list").iter().map(Value::to_string).collect();
            lines.sort_unstable();
            lines
        };
        assert_eq!(sorted(place.there(&["list", "--json"]).json(), "sessions"), sorted(listed, "sessions"));
        let search = ["search", "the", "--json", "--limit", "1000"];
        let (here, there) = (place.run(&search).json(), place.there(&search).json());
        assert_eq!(sorted(there, "hits"), sorted(here, "hits"));
    });
}

/// A store is asked so many times, as `docs/fleet.md` says.
#[test]
fn requests_are_few() {
    each(|cloud| {
        let place = Place::new(cloud, &cloud.url());
        let proxy = Proxy::before(&cloud.server);
        let asked = |args: &[&str]| {
            ok(&place.through(&proxy.address, args));
            proxy.passed()
        };
        let of = |passed: &[Passed], method: &str| passed.iter().filter(|one| one.method == method).count();
        place.put("a.jsonl", &homes::log("a", 4, 1_760_000_000_000, "apple"));
        place.put("b.jsonl", &homes::log("b", 4, 1_760_000_000_000, "pear"));
        let first = asked(&["push"]);
        assert_eq!(of(&first, "PUT"), 4, "the marker, two pieces, a commit: {first:?}");
        let again = asked(&["push"]);
        assert_eq!((of(&again, "PUT"), again.len()), (0, 5), "{again:?}");
        place.put("a.jsonl", &homes::log("a", 6, 1_760_000_000_000, "apple"));
        let grown = asked(&["push"]);
        assert_eq!((of(&grown, "PUT"), grown.len()), (2, 7), "{grown:?}");
        let listed = asked(&["list"]);
        assert!(listed.len() <= 6, "{listed:?}");
        // 24 MiB in four pieces and some: its page takes its header, and the end.
        let body = "lorem ipsum dolor sit amet ".repeat(4000);
        let long = homes::log("long", 240, 1_760_000_000_000, &body);
        place.put("long.jsonl", &long);
        let first = asked(&["push"]);
        assert!(of(&first, "PUT") >= 4, "{first:?}");
        let paged = asked(&["show", "long", "--tail", "20"]);
        let bytes: usize = paged.iter().map(|one| one.bytes).sum();
        assert!(paged.len() <= listed.len() + 4 && bytes <= 2 << 20, "{bytes} bytes: {paged:?}");
    });
}
