//! `search`: the text of all sessions.
//!
//! Owns: what is asked for, and what the report says. The native host searches; `hit_lines` prints hits.
//! Invariant: text from a log cannot steer a terminal. The exit status is clean if there is a hit, problems if there is
//! none, failed if not all sessions could be read.

use super::hit_lines::{BESIDE, HitLines};
use super::many::{catch_interrupts, interrupted};
use crate::args::{SearchArgs, Sort};
use crate::output::{ExitStatus, Output, count, visible};
use crate::settings::Settings;
use anyhow::{Result, bail};
use jcode_session_core::report::{Context, HitsReport, Neighbour, SessionHit, Unsearched};
use jcode_session_core::search::{self, Case, Filter, Query, texts};
use jcode_session_native::catalog::Catalog;
use jcode_session_native::os::path_text::shown;
use jcode_session_native::search::{Hit, Order, Scope, Search, Searched};
use jcode_session_native::session::{Entry, Session, SessionError};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;

/// Number of hits that are flushed one by one.
const FIRST: usize = 50;

pub(super) fn search(args: &SearchArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    catch_interrupts();
    let search = to_search(args)?;
    let place = Place::of(args, settings)?;
    let mut hits = Vec::new();
    let mut first = FIRST;
    let mut lines = HitLines::new(args.context > 0, output);
    let mut printed = Ok(());
    let searched = place.search(&search, &mut |hit| {
        if args.json {
            hits.push(hit);
        } else if !args.count {
            let around = around(&hit, args.context, &place);
            printed = around.and_then(|around| lines.print(&hit, &around, output));
            // The user should see the first hits at once.
            if printed.is_ok() && (first > 0 || output.is_terminal()) {
                first = first.saturating_sub(1);
                printed = output.flush();
            }
        }
        // A closed pipe ends the search.
        if printed.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    printed?;
    let unsearched = unsearched(&searched);
    if interrupted() {
        bail!("interrupted: {} so far", count(searched.total, "hit", "hits"));
    }
    if args.json {
        let hits = hits.into_iter().map(|hit| reported(hit, args, &place)).collect::<Result<_>>()?;
        output.json(&HitsReport::new(searched.total, hits, unsearched.clone()))?;
    } else if args.count {
        writeln!(output.data(), "{}", searched.total)?;
    }
    for Unsearched { path, reason } in &unsearched {
        // Most reasons already name the file.
        let words = if reason.contains(&**path) { reason.clone() } else { format!("{path}: {reason}") };
        output.warn(visible(&format!("not searched: {words}")));
    }
    for log in &searched.contradicted {
        super::tell_of_sidecar(log, true, output);
    }
    if !args.json && !args.count {
        let shown = args.limit.map(|limit| searched.total.min(limit as u64)).filter(|shown| *shown < searched.total);
        let shown = shown.map(|shown| format!("{shown} of ")).unwrap_or_default();
        let (hits, sessions) = (count(searched.total, "hit", "hits"), count(searched.sessions, "session", "sessions"));
        output.note(format_args!("{shown}{hits} in {sessions}"));
    }
    Ok(if !searched.failed.is_empty() || !searched.unreadable.is_empty() {
        ExitStatus::Failed
    } else if searched.total > 0 {
        ExitStatus::Clean
    } else {
        ExitStatus::Problems
    })
}

/// Where is searched.
enum Place {
    Here(Catalog),
    #[cfg(feature = "store")]
    Archive(jcode_session_object::Remote),
}

impl Place {
    fn of(args: &SearchArgs, settings: &Settings) -> Result<Self> {
        #[cfg(feature = "store")]
        if let Some(store) = &args.store.store {
            return Ok(Self::Archive(super::remote::open(Some(store), settings)?));
        }
        let others = if args.no_others { Vec::new() } else { super::others(settings) };
        Ok(Self::Here(Catalog::new(&settings.home, &[&*settings.roots, &others].concat())))
    }

    fn search(&self, search: &Search, each: &mut dyn FnMut(Hit) -> ControlFlow<()>) -> Result<Searched> {
        match self {
            Self::Here(catalog) => Ok(search.run(catalog, &interrupted, each)?),
            #[cfg(feature = "store")]
            Self::Archive(remote) => super::remote::searched(remote, search, each),
        }
    }

    fn read(&self, path: &Path) -> Result<Session> {
        match self {
            Self::Here(_) => Ok(Session::read(path)?),
            #[cfg(feature = "store")]
            Self::Archive(remote) => super::remote::at(remote, path),
        }
    }
}

fn to_search(args: &SearchArgs) -> Result<Search> {
    let query = if args.regex { Query::patterns } else { Query::literals };
    let filter = Filter {
        role: args.role.clone(),
        kind: args.kind.clone(),
        tool: args.tool.clone(),
        since: args.since,
        until: args.until,
        active: args.active,
        weighed: args.sort == Sort::Relevance,
    };
    let scope = Scope {
        session: args.session.clone(),
        cwd: args.cwd.clone(),
        agent: args.agent.clone(),
        tag: args.tag.clone(),
    };
    let order = match args.sort {
        Sort::Relevance => Order::Relevance,
        Sort::Newest if args.json => Order::Exact,
        Sort::Newest => Order::Streamed,
    };
    let limit = if args.count { Some(0) } else { args.limit };
    Ok(Search { entries: search::Search::new(query(&args.query, Case::Smart)?, filter), scope, order, limit })
}

/// The sessions and folders that could not be searched.
fn unsearched(searched: &Searched) -> Vec<Unsearched> {
    let of_session = |error: &SessionError| {
        let path = match error {
            SessionError::Path(error) => shown(&error.path),
            SessionError::Log { path, .. } | SessionError::V1 { path, .. } => shown(path),
            _ => String::new(),
        };
        Unsearched { path, reason: error.to_string() }
    };
    let folders = searched.unreadable.iter();
    let folders = folders.map(|error| Unsearched { path: shown(&error.path), reason: error.to_string() });
    searched.failed.iter().chain(&searched.refused).map(of_session).chain(folders).collect()
}

fn reported(hit: Hit, args: &SearchArgs, place: &Place) -> Result<SessionHit> {
    let context = match args.context {
        0 => None,
        n => {
            let [before, after] = around(&hit, n, place)?;
            Some(Context { before, after })
        }
    };
    Ok(SessionHit::new((hit.session_id, shown(&hit.path), hit.agent), hit.entry_id, hit.found, context))
}

/// The entries before and after a hit.
fn around(hit: &Hit, count: u32, place: &Place) -> Result<[Vec<Neighbour>; 2]> {
    if count == 0 {
        return Ok([Vec::new(), Vec::new()]);
    }
    let session = place.read(&hit.path)?;
    let beside = |entries: Vec<(String, Entry)>| entries.into_iter().filter_map(neighbour).collect();
    Ok(session.around(&hit.entry_id, count)?.map(beside))
}

fn neighbour((entry_id, entry): (String, Entry)) -> Option<Neighbour> {
    let read = texts(&entry.line)?;
    let text = read.texts.into_iter().map(|(_, text)| text).next().unwrap_or_default();
    let text = text.chars().take(2 * BESIDE).collect();
    Some(Neighbour { entry_id, kind: read.kind, role: read.role, ts: read.ts, text })
}
