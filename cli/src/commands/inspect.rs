//! `inspect`: serves the inspector page and opens one session in it, or the list of all.
//!
//! Owns: which sessions are served, and how the browser is started.
//! Invariant: nothing of the session leaves this machine.

#[cfg(feature = "store")]
use super::{advice, place};
use crate::args::InspectArgs;
use crate::output::{ExitStatus, Output};
use crate::serve::{self, Offer, Served, Sessions};
use crate::settings::Settings;
use anyhow::{Context, Result, bail};
use jcode_session_core::report::ListedSession;
use jcode_session_native::catalog::{Catalog, Keep};
use jcode_session_native::os::path_text::shown;
use std::ffi::OsStr;
use std::io::Write;

pub(super) fn inspect(args: &InspectArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    if !serve::is_built() {
        bail!(
            "this program was built without the inspector page; in its source, run `host-wasm/inspector/build` and \
             build it again"
        );
    }
    #[cfg(feature = "store")]
    if let (None, Some(url)) = (&args.session, place::store_of!(args)) {
        let list = advice::list_command_there(url);
        bail!("the page shows one session of an archive, so SESSION is needed; `{list}` lists them");
    }
    let (offer, readable) = match &args.session {
        Some(session) => (Offer::Session(served(session, args, settings)?), "the session"),
        None => (Offer::Sessions(all(settings)), "all sessions that `list` shows"),
    };
    let mut printed = Ok(());
    let served = serve::serve(args.port, offer, |address, single_use| {
        printed = writeln!(output.data(), "{address}").map_err(Into::into).and_then(|()| output.flush());
        output.note(format!("the address works on this machine until Ctrl-C; who knows it can read {readable}"));
        if !args.no_open
            && let Err(error) = open::that_detached(single_use)
        {
            output.note(format!("no browser could be started ({error}); open the address yourself"));
        }
    });
    printed?;
    served.with_context(|| format!("cannot serve on port {} of 127.0.0.1", args.port))?;
    Ok(ExitStatus::Clean)
}

/// The files of SESSION, here or in an archive.
fn served(session: &OsStr, args: &InspectArgs, settings: &Settings) -> Result<Served> {
    #[cfg(feature = "store")]
    if let Some(store) = place::store_of!(args) {
        let remote = super::remote::open(Some(store), settings)?;
        let found = remote.find(&session.to_string_lossy())?;
        let log = found.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        return Ok(Served::given(shown(&found.path), &log, remote.files(&found)));
    }
    let _ = args;
    Ok(Served::open(&super::resolve(session, settings)?)?)
}

/// The sessions that `list` shows.
fn all(settings: &Settings) -> Sessions {
    let home = settings.home.clone();
    let roots = [&*settings.roots, &super::others(settings)].concat();
    Sessions::new(Box::new(move || {
        let sessions = Catalog::new(&home, &roots).refresh(Keep::Store).sessions.into_iter();
        let own = sessions.filter(|session| !session.summary.is_sub_agent);
        own.map(|session| {
            let listed = ListedSession { path: shown(&session.path), summary: session.summary };
            (session.path, listed)
        })
        .collect()
    }))
}
