//! Growth and damage change the loaded session as their names promise.

use super::damage::DAMAGES;
use super::grow::GROWTHS;
use super::tests_generate::{messages, session};
use super::*;
use std::collections::BTreeSet;

#[test]
fn growth_does_what_its_name_says() {
    for (seed, kind) in (0..5).flat_map(|seed| GROWTHS.map(|kind| (seed, kind))) {
        let files = session(Shape::Both, 14, seed);
        let old = load(&files).unwrap();
        let grown = grow_as(&files, kind, &mut ModelRng::new(seed + 100)).unwrap();
        let new = load(&grown).unwrap();
        let (before, after) = (messages(&old), messages(&new));
        let prefix = after.starts_with(before);
        assert_ne!(normal_form(&old), normal_form(&new), "{kind:?} {seed}");
        match kind {
            Growth::Append => {
                assert!(prefix && grown.snapshot == files.snapshot, "{kind:?}");
                assert!(grown.journal.as_ref().unwrap().starts_with(files.journal.as_ref().unwrap()));
            }
            Growth::Checkpoint | Growth::Rename => {
                assert!(prefix && grown.journal.is_none() && grown.bak == files.snapshot, "{kind:?}");
            }
            Growth::CrashInCheckpoint => {
                assert_eq!(grown.journal, files.journal);
                let alone = V1Files { journal: None, ..grown.clone() };
                let once = load(&alone).unwrap();
                assert!(after.starts_with(messages(&once)) && after.len() > messages(&once).len());
            }
            Growth::RewindTail => assert!(before.starts_with(after) && after.len() < before.len()),
            Growth::RemoveMessage => assert_eq!(after.len(), before.len() - 1),
            Growth::InsertMessage => assert_eq!(after.len(), before.len() + 1),
            Growth::ChangeMessage => {
                let changed: Vec<usize> = (0..before.len()).filter(|i| before[*i] != after[*i]).collect();
                assert_eq!((after.len(), changed.len()), (before.len(), 1));
                assert_eq!(before[changed[0]]["id"], after[changed[0]]["id"]);
            }
            Growth::RewindAndGoOn => assert!(!prefix),
            Growth::EnvFrontLost => {
                let (old, new) = (old.get("env_snapshots"), new["env_snapshots"].as_array().unwrap());
                let old = old.map_or(&[][..], |list| list.as_array().unwrap());
                assert_eq!(new.len(), 8);
                assert!(prefix && old.first().is_none_or(|first| !new.contains(first)));
            }
            Growth::SideRecordsGone => {
                assert!(prefix && new.get("memory_injections").is_none() && new.get("replay_events").is_none());
            }
        }
    }
}

#[test]
fn every_damage_does_what_its_name_says() {
    let mut done = BTreeSet::new();
    for (seed, kind) in (0..40).flat_map(|seed| DAMAGES.map(|kind| (seed, kind))) {
        let files = session(Shape::JournalOverSmallSnapshot, 12, seed);
        let good = load(&files).unwrap();
        let journal = files.journal.clone().unwrap();
        let Some(bad) = damage_as(&journal, kind, &mut ModelRng::new(seed)) else {
            continue;
        };
        assert_ne!(bad, journal, "{kind:?} {seed}");
        done.insert(format!("{kind:?}"));
        let damaged = V1Files { journal: Some(bad), ..files };
        let result = load_with(&damaged, Rules::default());
        let tolerant = load_with(&damaged, Rules { tolerate_bad_utf8: true, ..Rules::default() }).unwrap();
        if kind == Damage::InvalidUtf8 {
            assert_eq!(result, Err(LoadError::JournalNotUtf8));
            assert_eq!(tolerant.bad_lines, 1, "{seed}");
            continue;
        }
        let loaded = result.unwrap();
        assert_eq!(loaded, tolerant, "the rules differ only where UTF-8 is broken");
        let (n, was) = (messages(&loaded.session).len(), messages(&good).len());
        let name = format!("{kind:?} {seed}");
        match kind {
            Damage::DuplicatedLine => assert!(loaded.bad_lines == 0 && n >= was, "{name}"),
            Damage::EmptyLines => {
                assert_eq!(loaded, load_with(&V1Files { journal: Some(journal), ..damaged }, Rules::default()).unwrap())
            }
            Damage::Glued | Damage::NulsBetween => {
                assert_eq!((loaded.bad_lines, &loaded.session), (1, &good), "{name}: nothing is lost");
            }
            Damage::NotAnEntry => {
                assert_eq!((loaded.bad_lines, &loaded.session), (1, &good), "{name}")
            }
            Damage::TornAroundDecoy => assert!(loaded.bad_lines == 1 && n >= was, "{name}"),
            _ => assert!(loaded.bad_lines == 1 && n <= was, "{name}: {} bad, {n} of {was}", loaded.bad_lines),
        }
    }
    assert_eq!(done.len(), DAMAGES.len(), "{done:?}");
}

#[test]
fn a_cut_snapshot_needs_its_bak() {
    for seed in 0..20 {
        let files = session(Shape::Both, 6, seed);
        let rng = &mut ModelRng::new(seed);
        let cut = cut_snapshot(&files, false, rng).unwrap();
        assert_eq!(load(&cut), Err(LoadError::SnapshotBroken));
        assert!(grow(&cut, rng).is_none());
        let cut = cut_snapshot(&files, true, rng).unwrap();
        assert!(load_with(&cut, Rules::default()).unwrap().from_bak);
        let whole = V1Files { snapshot: files.bak.clone(), ..files };
        assert_eq!(load(&cut), load(&whole), "the same as if the bak were the snapshot");
        load(&grow(&cut, rng).unwrap().0).unwrap();
    }
}
