//! Generated sessions, damaged, grown, rewritten and rewound at random, against the model.

use crate::harness::{check, grown, migrated, replay_of};
use jcode_session_core::upgrade::jcode::Origin;
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
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

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
                prop_assert!(crate::harness::index(&log).findings.is_empty());
                // Once the snapshot is whole again, the log follows.
                check(&grown(&log, &files).unwrap(), &loaded(&files), "restored");
            }
            Err(_) => prop_assert!(!with_bak),
        }
    }
}
