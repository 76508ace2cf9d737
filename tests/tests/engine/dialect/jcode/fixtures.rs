//! Sessions that jcode itself wrote; skipped without `SESSION_FIXTURES`.

use super::harness::{check, grown, migrated};
use jcode_session_tests::jcode_model::{V1Files, value_of};
use std::path::Path;

#[test]
fn every_session_of_jcode_comes_back_as_jcode_loads_it() {
    let Ok(root) = std::env::var("SESSION_FIXTURES") else {
        eprintln!("skipped: SESSION_FIXTURES is not set");
        return;
    };
    let folder = Path::new(&root).join("jcode");
    let mut seen = 0;
    for file in std::fs::read_dir(&folder).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let Some(id) = name.strip_suffix(".loaded.json") else { continue };
        let expected = value_of(&std::fs::read(folder.join(&name)).unwrap()).unwrap();
        let files = V1Files::read_from(&folder.join("sessions"), id).unwrap();
        let log = migrated(&files);
        check(&log, &expected, id);
        assert_eq!(grown(&log, &files).unwrap(), log, "{id}: nothing has changed");
        // Migrated when the backup was the snapshot, and followed to what it is now.
        let early = V1Files { snapshot: files.bak.clone(), journal: None, bak: None };
        let later = grown(&migrated(&early), &files).unwrap();
        check(&later, &expected, id);
        seen += 1;
    }
    assert!(seen > 0, "no fixtures in {}", folder.display());
}
