//! Where sessions are: here, or in an archive.
//!
//! Owns: opening one by the word that a user gives, and how a message names it.
//! Invariant: what a command shows does not depend on the place.

use super::advice;
use crate::settings::Settings;
use anyhow::Result;
use jcode_session_native::session::Session;
use std::ffi::OsStr;

/// The archive of a command that was given one.
macro_rules! store_of {
    ($args:expr) => {{
        #[cfg(feature = "store")]
        let store = $args.store.store.as_deref();
        #[cfg(not(feature = "store"))]
        let store: Option<&str> = None;
        store
    }};
}
pub(super) use store_of;

/// Resolves SESSION and opens it for reading.
pub(super) fn open(session: &OsStr, store: Option<&str>, settings: &Settings) -> Result<Session> {
    #[cfg(feature = "store")]
    if store.is_some() {
        let remote = super::remote::open(store, settings)?;
        let session = remote.find(&session.to_string_lossy())?;
        return Ok(remote.read(&session)?);
    }
    let _ = store;
    Ok(Session::read(&super::resolve(session, settings)?)?)
}

/// The command that names the damaged places of a session. `word` is what the user called the session.
pub(super) fn verify_command(session: &Session, word: &OsStr, store: Option<&str>) -> String {
    #[cfg(feature = "store")]
    if let Some(url) = store {
        return advice::verify_command_there(word, url);
    }
    let _ = (word, store);
    advice::verify_command(session.path())
}
