//! The folders in which other agents keep their sessions on this machine.
//!
//! Owns: resolving core's list of places by environment variables and the user's home.
//! Invariant: only existing folders are returned. A variable that is set to the empty string counts as unset.

use crate::os::path_text::plain;
use jcode_session_core::dialect::PLACES;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The existing folders of all agents. `variable` returns the value of an environment variable.
#[must_use]
pub fn other_places(home: Option<&Path>, variable: &dyn Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for place in PLACES {
        let named = Some(place.variable).filter(|name| !name.is_empty()).and_then(variable);
        let set = named.filter(|value| !value.is_empty()).map(PathBuf::from);
        let Some(own) = set.or_else(|| Some(home?.join(place.default))) else { continue };
        let folder = plain(if place.below.is_empty() { own } else { own.join(place.below) });
        if folder.is_dir() && !found.contains(&folder) {
            found.push(folder);
        }
    }
    found
}
