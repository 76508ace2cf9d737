//! What the names of files mean: the engine against a table that the inspector's twin is held to as well.

use jcode_session_core::parts::{Part, classify};
use std::collections::BTreeMap;

const fn word(part: Part) -> &'static str {
    match part {
        Part::Log => "log",
        Part::Packed => "packed",
        Part::Snapshot => "snapshot",
        Part::Journal => "journal",
        Part::Backup => "backup",
        Part::SetAside => "set-aside",
        Part::Sidecar => "sidecar",
        Part::SidecarJournal => "sidecar-journal",
        Part::Lock => "lock",
        Part::OwnTemporary => "own-temporary",
        Part::Temporary => "temporary",
        Part::Other => "other",
    }
}

#[test]
fn names_mean_what_the_table_says() {
    let table: BTreeMap<String, String> =
        serde_json::from_str(include_str!("../../../part-names.json")).expect("names and words");
    let said: BTreeMap<String, String> =
        table.keys().map(|name| (name.clone(), word(classify(name)).to_string())).collect();
    assert_eq!(said, table);
}
