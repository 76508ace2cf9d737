//! A folder under all names by which sessions know it.
//!
//! Owns: when two names are one folder: the same place on the disk, or the same text but for `.`, doubled or trailing
//! separators and the form in which Unicode composes its letters, so that a folder that is gone is found too.
//! Invariant: a name that is not one of a session is never made up.

use super::Listed;
use crate::os::stat;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// The working directories of `sessions` that are `folder`.
#[must_use]
pub fn names_of_folder(folder: &Path, sessions: &[Listed]) -> Vec<String> {
    let real = stat::real_path(folder).ok();
    let absolute = std::path::absolute(folder).ok();
    let texts: Vec<String> =
        [Some(folder.to_path_buf()), absolute, real.clone()].into_iter().flatten().map(|path| plain(&path)).collect();
    let mut seen: HashMap<&str, bool> = HashMap::new();
    for cwd in sessions.iter().filter_map(|session| session.summary.cwd.as_deref()) {
        seen.entry(cwd).or_insert_with(|| {
            let path = Path::new(cwd);
            texts.contains(&plain(path)) || real.is_some() && path.is_absolute() && stat::real_path(path).ok() == real
        });
    }
    seen.into_iter().filter(|(_, is_it)| *is_it).map(|(cwd, _)| cwd.to_string()).collect()
}

/// The text of a path in the one form that is compared.
fn plain(path: &Path) -> String {
    let text = path.components().collect::<PathBuf>().to_string_lossy().into_owned();
    if is_nfc(&text) { text } else { text.nfc().collect() }
}
