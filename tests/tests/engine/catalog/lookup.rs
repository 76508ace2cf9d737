//! What a word means: the same from an index as without one, and never another session without a word.

use jcode_session_native::catalog::{Catalog, FindError};
use jcode_session_tests::effort::cases;
use jcode_session_tests::homes::{home, index, listed, log, put, sessions};
use proptest::collection::btree_map;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// What is found: one path, or those that an ambiguity names.
fn found(home: &Path, word: &str) -> BTreeSet<PathBuf> {
    match Catalog::new(home, &[sessions(home)]).find(OsStr::new(word)) {
        Ok(path) => [path].into(),
        Err(FindError::Ambiguous { paths, count, .. }) => {
            assert!(count > 1);
            paths.into_iter().map(PathBuf::from).collect()
        }
        Err(FindError::NotFound(_)) => BTreeSet::new(),
        Err(error) => panic!("{word}: {error}"),
    }
}

/// File names and the ids in their headers: few words, so that one's name is another's id.
fn names() -> impl Strategy<Value = Vec<(String, String)>> {
    btree_map("(2026-10-01T10-00-00-000Z_)?[ab]{1,3}", "[ab]{1,3}", 1..5).prop_map(|names| names.into_iter().collect())
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn a_word_means_all_sessions_that_have_it_as_a_name(names in names(), word in "[ab]{1,3}") {
        let home = home();
        let path = |stem: &str| sessions(home.path()).join(format!("{stem}.jsonl"));
        for (stem, id) in &names {
            put(home.path(), &format!("{stem}.jsonl"), &log(id, 2, 1_770_000_000_000, "hello"));
        }
        let those = |is_it: &dyn Fn(&str) -> bool| -> BTreeSet<PathBuf> {
            let names = names.iter().filter(|(stem, id)| is_it(stem) || is_it(id) || is_it(stem.rsplit('_').next().unwrap_or("")));
            names.map(|(stem, _)| path(stem)).collect()
        };
        let whole = those(&|name| name == word);
        let wanted = if whole.is_empty() { those(&|name| name.starts_with(&word)) } else { whole };
        // Without an index, with one, and with one that is none.
        prop_assert_eq!(&found(home.path(), &word), &wanted);
        prop_assert!(!index(home.path()).exists(), "looking writes nothing");
        let sessions = listed(home.path());
        prop_assert_eq!(&found(home.path(), &word), &wanted);
        std::fs::write(index(home.path()), b"no index").expect("written");
        prop_assert_eq!(&found(home.path(), &word), &wanted);
        for listed in sessions {
            prop_assert!(found(home.path(), &listed.summary.session_id).contains(&listed.path));
        }
    }
}
