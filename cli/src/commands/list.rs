//! `list`: the sessions, newest first.
//!
//! Owns: the table. Invariant: what is printed is the state of the sessions now; the index
//! only saves reading them. Does not: refresh; the native catalog does.

use crate::args::ListArgs;
use crate::output::{ExitStatus, Output, count, shorten, style, time, visible};
use crate::settings::Settings;
use anyhow::Result;
use jcode_session_core::catalog::page::Filter;
use jcode_session_core::report::{ListReport, ListedSession};
use jcode_session_native::catalog::{Catalog, Keep, Listed, names_of_folder};
use jcode_session_native::os::path_text::shown;
use std::io::Write;
use std::path::PathBuf;

pub(super) fn list(args: &ListArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    let others = if args.no_others { Vec::new() } else { super::others(settings) };
    let looked_in = [&*settings.roots, &others].concat();
    let refreshed = Catalog::new(&settings.home, &looked_in).refresh(Keep::Store);
    for problem in &refreshed.unreadable {
        output.warn(visible(&problem.to_string()));
    }
    let cwd = args.cwd.as_deref().map(|folder| names_of_folder(folder, &refreshed.sessions));
    let filter = Filter { cwd, tag: args.tag.clone(), agent: args.agent.clone(), text: None };
    let all = refreshed.sessions.len();
    // What else lies in the folders of other agents is those agents' affair.
    let is_ours = |path: &&PathBuf| settings.roots.iter().any(|root| path.starts_with(root));
    let strangers = refreshed.others.iter().filter(is_ours).count();
    let hidden = |session: &Listed| session.summary.is_sub_agent && !args.all;
    let sub_agents = refreshed.sessions.iter().filter(|session| hidden(session)).count();
    let sessions = refreshed.sessions.into_iter().filter(|session| !hidden(session) && filter.passes(&session.summary));
    let sessions: Vec<Listed> = sessions.take(args.limit.unwrap_or(usize::MAX)).collect();
    if args.json {
        let listed =
            sessions.into_iter().map(|session| ListedSession { path: shown(&session.path), summary: session.summary });
        output.json(&ListReport::new(listed.collect(), looked_in.iter().map(|root| shown(root)).collect()))?;
    } else {
        sessions.iter().try_for_each(|session| print(session, output))?;
        let all = count(all as u64, "session", "sessions");
        output.note(format_args!("{} of {all}", sessions.len()));
        if !others.is_empty() {
            let places: Vec<String> = looked_in.iter().map(|root| shown(root)).collect();
            output.note(visible(&format!("looked in {}", places.join(", "))));
        }
    }
    if sub_agents > 0 {
        let of =
            count(sub_agents as u64, "session that an agent ran for another", "sessions that agents ran for others");
        output.note(format_args!("{of} left out; `--all` shows them"));
    }
    if strangers > 0 {
        let files = count(strangers as u64, "file that is no session was", "files that are no sessions were");
        output.note(format_args!("{files} left out; `doctor` says what each is"));
    }
    Ok(if refreshed.unreadable.is_empty() { ExitStatus::Clean } else { ExitStatus::Problems })
}

fn print(session: &Listed, output: &mut Output) -> Result<()> {
    let s = &session.summary;
    let (strong, faint) = (output.style(style::STRONG), output.style(style::FAINT));
    let title = s.title.as_deref().or(s.first_prompt.as_deref()).unwrap_or("(no messages)");
    let messages = s.message_count.map(|n| format!(", {}", count(n, "message", "messages"))).unwrap_or_default();
    let at = time(Some(s.last_modified));
    writeln!(output.data(), "{at}  {strong}{}{strong:#}  {}", shorten(&s.session_id, 60), shorten(title, 70))?;
    let mut details = shorten(s.cwd.as_deref().unwrap_or("-"), 80);
    details.push_str(&messages);
    let words = [s.agent.as_deref(), s.model.as_deref(), s.status.as_deref(), s.save_label.as_deref()];
    for word in words.into_iter().flatten() {
        details.push_str(&format!(", {}", shorten(word, 40)));
    }
    for tag in &s.tags {
        details.push_str(&format!(" +{}", shorten(tag, 64)));
    }
    writeln!(output.data(), "                     {faint}{details}{faint:#}")?;
    Ok(())
}
