//! The fuzz targets over their kept inputs: where fuzzing starts, and every case that it found.
//!
//! Owns: that none of those breaks a promise again. `tests/fuzz/run` looks for new ones.

use jcode_session_tests::fuzz::TARGETS;
use std::path::Path;

#[test]
fn kept_inputs_break_no_target() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut known: Vec<_> = std::fs::read_dir(&corpus)
        .expect("a folder of inputs")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a plain name"))
        .collect();
    known.sort();
    let mut names: Vec<_> = TARGETS.iter().map(|(name, _)| name.to_string()).collect();
    names.sort();
    assert_eq!(known, names, "each target has a folder of inputs, and each folder a target");
    for (name, target) in TARGETS {
        let mut inputs = 0;
        for entry in std::fs::read_dir(corpus.join(name)).expect("a folder of inputs") {
            let path = entry.expect("an entry").path();
            println!("{}", path.display());
            target(&std::fs::read(&path).expect("an input"));
            inputs += 1;
        }
        assert!(inputs > 0, "{name} has no inputs");
    }
}
