//! Random sequences of all that jcode does to a session, crashes included.

use super::model::Jcode;
use jcode_session_core::write::Durability;
use jcode_session_native::jcode::Options;
use jcode_session_native::ops::verify::verify;
use jcode_session_native::writer::LockMode;
use jcode_session_tests::effort::cases;
use jcode_session_tests::jcode_model::ModelRng;
use proptest::prelude::*;
use std::ops::ControlFlow;

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn the_log_says_what_jcode_holds(seed: u64, turns: bool, mode in 0..3usize) {
        let rng = &mut ModelRng::new(seed);
        let lock = if turns { LockMode::Batch } else { LockMode::Lifetime };
        let durability = [Durability::Strict, Durability::default(), Durability::Throughput][mode];
        let folder = tempfile::tempdir().expect("a folder");
        let options = Options { durability, lock, ..Options::default() };
        let mut jcode = Jcode::new(folder.path(), options, rng);
        for step in 0..12 {
            let kind = rng.below(16);
            match kind {
                0..6 => {
                    jcode.memory.converse(rng);
                    if rng.one_in(3) {
                        jcode.memory.change_meta(rng);
                    }
                    if rng.one_in(3) {
                        jcode.memory.record_env(rng);
                    }
                    jcode.save();
                }
                6 => {
                    jcode.memory.change_title(rng);
                    jcode.save();
                }
                7..9 => jcode.other_renames(rng),
                9 => jcode.rewind(rng),
                10 => jcode.undo(),
                11..13 => jcode.edit(rng),
                13 => jcode.replace(rng),
                14 => jcode.reopen(),
                _ => jcode.crash(rng),
            }
            jcode.check(&format!("step {step}, kind {kind}"));
        }
        let report = verify(&jcode.log, &mut |_| ControlFlow::Continue(())).expect("verified");
        prop_assert!(report.ok, "{:?}", report.findings);
    }
}
