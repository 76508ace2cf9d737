//! Pushing and pulling, from several homes, also at once.

use crate::world::{Place, each, ok, refused};
use jcode_session_tests::generate::{LogShape, tree_v3};
use jcode_session_tests::homes;
use jcode_session_tests::jcode_model::{ModelRng, Shape, generate};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Sessions of several forms.
fn filled(place: &Place, seed: u64) {
    place.put(&format!("plain{seed}.jsonl"), &homes::log(&format!("plain{seed}"), 4, 1_760_000_000_000, "apple"));
    let shape = LogShape { entries: 300, branch_percent: 20, ..LogShape::default() };
    place.put(&format!("sub/ä b+{seed}.jsonl"), &tree_v3(shape, seed));
    let v1 = generate(Shape::Both, 4, &mut ModelRng::new(seed));
    v1.write_to(&homes::sessions(place.home.path()), &format!("session_v{seed}")).expect("written");
}

#[test]
fn two_homes_push_and_a_third_pulls() {
    each(|cloud| {
        let url = cloud.url();
        let (one, two, three) = (Place::new(cloud, &url), Place::new(cloud, &url), Place::new(cloud, &url));
        filled(&one, 1);
        filled(&two, 2);
        refused(&three.there(&["pull", "--all"]), &["holds no archive"]);
        let planned = one.there(&["push", "--dry-run", "--json"]);
        ok(&planned);
        refused(&three.there(&["list"]), &["holds no archive"]);
        let pushed = one.there(&["push", "--json"]);
        ok(&pushed);
        assert_eq!(pushed.json()["sessions"], planned.json()["sessions"]);
        ok(&two.there(&["push"]));
        let again = one.there(&["push", "--json"]);
        ok(&again);
        assert!(again.json()["commit"].is_null(), "{again:?}");
        ok(&three.there(&["pull", "--all"]));
        let all: BTreeMap<PathBuf, Vec<u8>> = one.files().into_iter().chain(two.files()).collect();
        assert_eq!(three.files(), all);
        assert!(all.len() >= 8, "{:?}", all.keys());
        // Grown in a third place, and back.
        ok(&three.run(&["label", "plain1", "e1", "name"]));
        ok(&three.there(&["push"]));
        ok(&one.there(&["pull", "plain1"]));
        let log = |place: &Place| place.files().remove(&PathBuf::from("plain1.jsonl"));
        assert_eq!(log(&one), log(&three));
        for args in [&["verify"][..], &["doctor"]] {
            ok(&two.there(args));
        }
    });
}

/// Homes that push at once into one place, where there is no archive yet.
#[test]
fn pushes_at_once_lose_nothing() {
    for round in 0..3 {
        each(|cloud| {
            let url = cloud.url();
            let homes: Vec<Place> = (0..3).map(|_| Place::new(cloud, &url)).collect();
            for (n, place) in homes.iter().enumerate() {
                filled(place, round * 10 + n as u64);
            }
            let mut running = Vec::new();
            for place in &homes {
                let mut command = place.command(&["push", "--json", "--store", &url], &cloud.server);
                running.push(command.stdout(std::process::Stdio::null()).spawn().expect("starts"));
            }
            for child in &mut running {
                assert!(child.wait().expect("ends").success());
            }
            let all: BTreeMap<PathBuf, Vec<u8>> = homes.iter().flat_map(|place| place.files()).collect();
            let other = Place::new(cloud, &url);
            ok(&other.there(&["pull", "--all"]));
            assert_eq!(other.files(), all);
            ok(&other.there(&["verify"]));
        });
    }
}
