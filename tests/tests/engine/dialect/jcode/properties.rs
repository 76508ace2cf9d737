//! Generated sessions, damaged, grown, rewritten and rewound at random, against the model.

use super::harness::{check, grown, migrated, replay_of};
use jcode_session_core::dialect::jcode::Origin;
use jcode_session_tests::effort::cases;
use jcode_session_tests::jcode_model::{
    ModelRng, Rules, V1Files, arb_v1, cut_snapshot, damage_journal, grow, load_with,
};
use proptest::prelude::*;
use serde_json::Value;

/// As jcode loads it, except that what is no UTF-8 costs only itself.
const TOLERANT: Rules = Rules { tolerate_bad_utf8: true, cap_env_snapshots: false };

fn loaded(files: &V1Files) -> Value {
    load_with(files, TOLERANT).unwrap().session
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn a_session_comes_back(files in arb_v1(30)) {
        let log = migrated(&files);
        check(&log, &loaded(&files), "undamaged");
        prop_assert_eq!(grown(&log, &files).unwrap(), log);
    }

    #[test]
    fn damage_costs_what_it_costs_jcode(mut files in arb_v1(20), seed: u64, times in 1..4) {
        let rng = &mut ModelRng::new(seed);
        let mut kinds = Vec::new();
        for _ in 0..times {
            let damaged = files.journal.as_ref().filter(|j| j.len() > 3).and_then(|j| damage_journal(j, rng));
            if let Some((journal, kind)) = damaged {
                files.journal = Some(journal);
                kinds.push(kind);
            }
        }
        let log = migrated(&files);
        check(&log, &loaded(&files), &format!("{kinds:?}"));
        let found = !replay_of(&files).unwrap().findings().is_empty();
        prop_assert_eq!(found, load_with(&files, TOLERANT).unwrap().bad_lines > 0, "{:?}", kinds);
        prop_assert_eq!(grown(&log, &files).unwrap(), log);
    }

    #[test]
    fn growth_is_followed(mut files in arb_v1(12), seed: u64, times in 1..8) {
        let rng = &mut ModelRng::new(seed);
        let mut log = migrated(&files);
        let mut history = Vec::new();
        for _ in 0..times {
            if rng.one_in(4)
                && let Some((journal, kind)) = files.journal.as_ref().filter(|j| j.len() > 3).and_then(|j| damage_journal(j, rng))
            {
                files.journal = Some(journal);
                history.push(format!("{kind:?}"));
            }
            if let Some((next, kind)) = grow(&files, rng) {
                files = next;
                history.push(format!("{kind:?}"));
            }
            log = grown(&log, &files).unwrap();
            check(&log, &loaded(&files), &format!("{history:?}"));
        }
    }

    #[test]
    fn a_cut_snapshot_falls_back(files in arb_v1(12), seed: u64, with_bak: bool) {
        let rng = &mut ModelRng::new(seed);
        let cut = cut_snapshot(&files, with_bak, rng).unwrap();
        match replay_of(&cut) {
            Ok(replay) if with_bak => {
                prop_assert_eq!(replay.origin(), Origin::Backup);
                check(&migrated(&cut), &loaded(&cut), "from the backup");
            }
            Ok(replay) => {
                prop_assert!(matches!(replay.origin(), Origin::Salvaged | Origin::Journal));
                prop_assert!(!replay.findings().is_empty());
                let log = migrated(&cut);
                prop_assert!(super::harness::index(&log).findings.is_empty());
                // Once the snapshot is whole again, the log follows.
                check(&grown(&log, &files).unwrap(), &loaded(&files), "restored");
            }
            Err(_) => prop_assert!(!with_bak),
        }
    }
}

/// Bytes that turn one valid text into another, or into one that is nearly valid.
const BYTES: &[u8] = b"\"\\{}[]:,0159-+.eEtfn \t\r\nu\x00\x1f\x7f\xff\xc3";

fn mutate(bytes: &mut Vec<u8>, rng: &mut ModelRng) {
    for _ in 0..rng.range(1, 4) {
        if bytes.is_empty() {
            return;
        }
        let at = rng.below(bytes.len());
        match rng.below(4) {
            0 => bytes[at] = *rng.pick(BYTES),
            1 => bytes.insert(at, *rng.pick(BYTES)),
            2 => drop(bytes.remove(at)),
            _ => {
                // A piece stands twice: fields, elements and lines among them.
                let end = (at + rng.range(1, 200)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(800))]

    #[test]
    fn any_change_of_bytes_is_judged_as_the_model_judges_it(mut files in arb_v1(4), seed: u64, snapshot: bool) {
        let rng = &mut ModelRng::new(seed);
        let file = if snapshot { &mut files.snapshot } else { &mut files.journal };
        if let Some(bytes) = file.as_mut() {
            mutate(bytes, rng);
        }
        let Ok(replay) = replay_of(&files) else { return Ok(()) };
        let origin = replay.origin();
        drop(replay);
        let log = migrated(&files);
        let text = String::from_utf8(log.clone());
        match load_with(&files, TOLERANT) {
            Ok(loaded) if !loaded.from_bak || origin == Origin::Backup => {
                prop_assert!(matches!(origin, Origin::Snapshot | Origin::Backup), "{:?}", origin);
                let odd = text.as_ref().is_ok_and(|text| text.contains("\\ud8") || text.contains("\\udc"));
                if !odd {
                    check(&log, &loaded.session, "changed bytes");
                }
            }
            Ok(_) => prop_assert!(false, "the model takes the backup, not {:?}", origin),
            Err(error) => prop_assert!(matches!(origin, Origin::Salvaged | Origin::Journal), "{:?} {:?}", origin, error),
        }
        prop_assert!(text.is_ok());
        let more = grown(&log, &files).unwrap().split_off(log.len());
        prop_assert!(more.is_empty(), "nothing has changed, but {}", String::from_utf8_lossy(&more));
    }
}
