//! `list`: the sessions, newest first.
//!
//! Owns: the layout of the lines. The native catalog refreshes.
//! Invariant: the output is the state of the sessions now; the index only saves reading them. On a terminal each
//! session is one line that fits the width.

use super::short_ids::short_ids;
use crate::args::ListArgs;
use crate::output::{ExitStatus, Output, ago, count, cut, fit, shorten, style, time, visible, width};
use crate::settings::Settings;
use anyhow::Result;
use jcode_session_core::catalog::SessionSummary;
use jcode_session_core::catalog::page::Filter;
use jcode_session_core::report::{ListReport, ListedSession};
use jcode_session_native::catalog::{Catalog, Keep, Listed, names_of_folder};
use jcode_session_native::os::host;
use jcode_session_native::os::path_text::shown;
use std::io::Write;
use std::path::{Path, PathBuf};

pub(super) fn list(args: &ListArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    let found = find(args, settings, output)?;
    let all = found.sessions.len();
    let cwds = || found.sessions.iter().filter_map(|session| session.summary.cwd.as_deref());
    let cwd = args.cwd.as_deref().map(|folder| names_of_folder(folder, cwds()));
    let filter = filter(args, cwd);
    let hidden = |session: &ListedSession| session.summary.is_sub_agent && !args.all;
    let sub_agents = found.sessions.iter().filter(|session| hidden(session)).count();
    let columns = output.columns().filter(|_| !args.json);
    let ids = columns
        .map(|_| short_ids(found.sessions.iter().map(|session| &*session.summary.session_id)))
        .unwrap_or_default();
    let sessions = found.sessions.into_iter().filter(|session| !hidden(session) && filter.passes(&session.summary));
    let sessions: Vec<ListedSession> = sessions.take(args.limit.unwrap_or(usize::MAX)).collect();
    if args.json {
        output.json(&ListReport::new(sessions, found.looked_in))?;
    } else {
        let layout = Layout { columns, now_ms: host::now_ms() };
        for session in &sessions {
            let id = &session.summary.session_id;
            layout.print(session, ids.get(id).unwrap_or(id), output)?;
        }
        let all = count(all as u64, "session", "sessions");
        output.note(format_args!("{} of {all}", sessions.len()));
        if sessions.is_empty() || found.looked_in.len() > settings.roots.len() {
            output.note(visible(&format!("looked in {}", found.looked_in.join(", "))));
        }
    }
    if sub_agents > 0 {
        let of =
            count(sub_agents as u64, "session that an agent ran for another", "sessions that agents ran for others");
        output.note(format_args!("{of} left out; `--all` shows them"));
    }
    if found.strangers > 0 {
        let files = count(found.strangers, "file that is no session was", "files that are no sessions were");
        output.note(format_args!("{files} left out; `doctor` says what each is"));
    }
    Ok(if found.is_whole { ExitStatus::Clean } else { ExitStatus::Problems })
}

/// What there is to be listed.
struct Found {
    /// Newest first.
    sessions: Vec<ListedSession>,
    looked_in: Vec<String>,
    /// Files named like logs that are no sessions.
    strangers: u64,
    /// All could be read.
    is_whole: bool,
}

fn find(args: &ListArgs, settings: &Settings, output: &mut Output) -> Result<Found> {
    #[cfg(feature = "store")]
    if let Some(store) = &args.store.store {
        let remote = super::remote::open(Some(store), settings)?;
        super::remote::tell_of_troubles(&remote, output);
        let looked_in = vec![remote.archive().url().to_string()];
        let is_whole = remote.view().troubles.is_empty();
        return Ok(Found { sessions: super::remote::listed(&remote)?, looked_in, strangers: 0, is_whole });
    }
    let others = if args.no_others { Vec::new() } else { super::others(settings) };
    let looked_in = [&*settings.roots, &others].concat();
    let refreshed = Catalog::new(&settings.home, &looked_in).refresh(Keep::Store);
    for problem in &refreshed.unreadable {
        output.warn(visible(&problem.to_string()));
    }
    // Other files in the folders of other agents are those agents' affair.
    let is_ours = |path: &&PathBuf| settings.roots.iter().any(|root| path.starts_with(root));
    let listed = |session: Listed| ListedSession { path: shown(&session.path), summary: session.summary };
    Ok(Found {
        strangers: refreshed.others.iter().filter(is_ours).count() as u64,
        is_whole: refreshed.unreadable.is_empty(),
        sessions: refreshed.sessions.into_iter().map(listed).collect(),
        looked_in: looked_in.iter().map(|root| shown(root)).collect(),
    })
}

/// What the flags ask for; `cwd`: the names of the folder.
fn filter(args: &ListArgs, cwd: Option<Vec<String>>) -> Filter {
    let debug = args.debug.then_some(true).or(args.no_debug.then_some(false));
    Filter {
        cwd,
        debug,
        tag: args.tag.clone(),
        agent: args.agent.clone(),
        saved: args.saved.then_some(true),
        status: args.status.clone(),
        ids: (!args.ids.is_empty()).then(|| args.ids.iter().cloned().collect()),
        text: None,
    }
}

/// The layout of the lines of a list.
struct Layout {
    /// Columns of the terminal. `None`: a program reads the lines, and nothing is left out.
    columns: Option<usize>,
    now_ms: i64,
}

/// From this many columns on, a line shows more than the title.
const WITH_FOLDER: usize = 80;
const WITH_MESSAGES: usize = 60;
/// Columns of a folder's name and of a time.
const FOLDER: usize = 16;
const TIME: usize = 10;
/// Columns reserved for a title before anything is shown beside it.
const TITLE: usize = 24;

impl Layout {
    fn print(&self, session: &ListedSession, id: &str, output: &mut Output) -> Result<()> {
        match self.columns {
            Some(columns) => self.print_fitted(columns, session, id, output),
            None => print_whole(session, output),
        }
    }

    /// One line, title first. It ends with the shortest id that identifies the session.
    fn print_fitted(&self, columns: usize, session: &ListedSession, id: &str, output: &mut Output) -> Result<()> {
        let s = &session.summary;
        let mut rest = String::new();
        if columns >= WITH_FOLDER {
            let folder = s.cwd.as_deref().and_then(|cwd| Path::new(cwd).file_name()).unwrap_or_default();
            rest.push_str(&format!("  {}", fit(&folder.to_string_lossy(), FOLDER)));
        }
        if columns >= WITH_MESSAGES {
            let messages = s.message_count.map(|n| format!("{n} msgs")).unwrap_or_default();
            rest.push_str(&format!("  {messages:>10}"));
        }
        rest.push_str(&format!("  {:>TIME$}  {}", ago(s.last_modified, self.now_ms), cut(id, columns / 2)));
        let left = columns.saturating_sub(width(&rest));
        let beside = Some(beside(s)).filter(|beside| width(beside) + TITLE <= left).unwrap_or_default();
        let title = cut(title(s), left - width(&beside));
        let fill = " ".repeat(left.saturating_sub(width(&title) + width(&beside)));
        let (strong, faint) = (output.style(style::STRONG), output.style(style::FAINT));
        writeln!(output.data(), "{strong}{title}{strong:#}{faint}{beside}{fill}{rest}{faint:#}")?;
        Ok(())
    }
}

fn title(summary: &SessionSummary) -> &str {
    summary.shown_title().unwrap_or("(no messages)")
}

/// Shown behind a title if there is room: the agent, and tags.
fn beside(summary: &SessionSummary) -> String {
    let agent = summary.agent.iter().map(|agent| format!("  {}", shorten(agent, 20)));
    agent.chain(summary.tags.iter().map(|tag| format!("  +{}", shorten(tag, 20)))).collect()
}

fn print_whole(session: &ListedSession, output: &mut Output) -> Result<()> {
    let s = &session.summary;
    let mut line = format!("{}  {}", time(Some(s.last_modified)), shorten(&s.session_id, 60));
    line.push_str(&format!("  {}  {}", shorten(title(s), 120), shorten(s.cwd.as_deref().unwrap_or("-"), 200)));
    if let Some(messages) = s.message_count {
        line.push_str(&format!(", {}", count(messages, "message", "messages")));
    }
    let words = [s.agent.as_deref(), s.model.as_deref(), s.status.as_deref(), s.save_label.as_deref()];
    for word in words.into_iter().flatten() {
        line.push_str(&format!(", {}", shorten(word, 40)));
    }
    for tag in &s.tags {
        line.push_str(&format!(" +{}", shorten(tag, 64)));
    }
    writeln!(output.data(), "{line}")?;
    Ok(())
}
