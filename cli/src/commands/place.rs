//! Where sessions are: here, or in an archive.
//!
//! Owns: opening one by the word that a user gives.
//! Invariant: what a command shows does not depend on the place.

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
