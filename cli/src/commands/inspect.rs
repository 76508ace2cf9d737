//! `inspect`: serves the inspector page and opens one session in it, or the list of all.
//!
//! Owns: which sessions are served, at which entry the page opens, and how the browser is started.
//! Invariant: nothing of the session leaves this machine.

#[cfg(feature = "store")]
use super::advice;
use super::place;
use crate::args::InspectArgs;
use crate::output::{ExitStatus, Output};
use crate::serve::{self, Offer, Served, Sessions};
use crate::settings::Settings;
use anyhow::{Context, Result, bail};
use jcode_session_core::report::ListedSession;
use jcode_session_native::catalog::{Catalog, Keep};
use jcode_session_native::os::path_text::shown;
use jcode_session_native::os::stat;
use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;

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
    let (offer, readable, at) = match args.session.as_deref().map(parted) {
        Some((session, entry)) => {
            let at = entry.map(|entry| fragment(session, entry, args, settings)).transpose()?;
            (Offer::Session(served(session, args, settings)?), "the session", at.unwrap_or_default())
        }
        None => (Offer::Sessions(all(settings)), "all sessions that `list` shows", String::new()),
    };
    let mut printed = Ok(());
    let served = serve::serve(args.port, offer, |address, single_use| {
        printed = writeln!(output.data(), "{address}{at}").map_err(Into::into).and_then(|()| output.flush());
        output.note(format!("the address works on this machine until Ctrl-C; who knows it can read {readable}"));
        if !args.no_open
            && let Err(error) = open::that_detached(format!("{single_use}{at}"))
        {
            output.note(format!("no browser could be started ({error}); open the address yourself"));
        }
    });
    printed?;
    served.with_context(|| format!("cannot serve on port {} of 127.0.0.1", args.port))?;
    Ok(ExitStatus::Clean)
}

/// SESSION, and the entry behind its last `#`. A file of that very name is a session.
fn parted(word: &OsStr) -> (&OsStr, Option<&str>) {
    let parts = word.to_str().and_then(|word| word.rsplit_once('#')).filter(|_| stat::stat(Path::new(word)).is_err());
    parts.map_or((word, None), |(session, entry)| (session.as_ref(), Some(entry)))
}

/// What an address ends in that leads to an entry, as `host-wasm/inspector/src/state/route` reads it.
fn fragment(session: &OsStr, entry: &str, args: &InspectArgs, settings: &Settings) -> Result<String> {
    let key = place::open(session, place::store_of!(args), settings)?.key_of(entry)?;
    let mut fragment = String::from("#entry=");
    for byte in key.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' => fragment.push(char::from(byte)),
            byte => fragment.push_str(&format!("%{byte:02X}")),
        }
    }
    Ok(fragment)
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
