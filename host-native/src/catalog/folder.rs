//! All names by which sessions know one folder.
//!
//! Owns: when two names mean one folder: they lead to the same place on the disk, or their texts are equal apart from
//! `.`, doubled or trailing separators and Unicode normalisation. The comparison of texts also finds a folder that no
//! longer exists.
//! Invariant: every name that is returned is the working directory of some session.

use crate::os::stat;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Those working directories of sessions that mean `folder`.
#[must_use]
pub fn names_of_folder<'c>(folder: &Path, cwds: impl Iterator<Item = &'c str>) -> Vec<String> {
    let real = stat::real_path(folder).ok();
    let absolute = std::path::absolute(folder).ok();
    let texts: Vec<String> =
        [Some(folder.to_path_buf()), absolute, real.clone()].into_iter().flatten().map(|path| plain(&path)).collect();
    let mut seen: HashMap<&str, bool> = HashMap::new();
    for cwd in cwds {
        seen.entry(cwd).or_insert_with(|| {
            let path = Path::new(cwd);
            texts.contains(&plain(path)) || real.is_some() && path.is_absolute() && stat::real_path(path).ok() == real
        });
    }
    seen.into_iter().filter(|(_, is_it)| *is_it).map(|(cwd, _)| cwd.to_string()).collect()
}

/// The normal form of a path's text, for comparison.
fn plain(path: &Path) -> String {
    let text = path.components().collect::<PathBuf>().to_string_lossy().into_owned();
    if is_nfc(&text) { text } else { text.nfc().collect() }
}
