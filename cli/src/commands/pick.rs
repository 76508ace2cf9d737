//! `pick`: chooses a session in the terminal, prints its id or runs a command with its path.
//!
//! Owns: the rows, what a preview holds, and what is done with the choice.
//! Invariant: standard output carries the choice and nothing else. Who leaves gets exit status 1 and no output.

use super::short_ids::short_ids;
use crate::args::{PickArgs, ShowArgs};
use crate::output::{ExitStatus, Output, ago, visible};
use crate::pick::{Row, pick as choose};
use crate::settings::Settings;
use anyhow::{Context, Result, bail};
use jcode_session_native::catalog::{Catalog, Keep, Listed};
use jcode_session_native::os::host;
use jcode_session_native::session::Session;
use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::Command;

/// Entries of a preview.
const LAST: usize = 8;
/// Bytes of a preview.
const MOST: usize = 64 << 10;

pub(super) fn pick(args: &PickArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    if !io::stderr().is_terminal() {
        bail!("a session is picked in a terminal; `list` and `list --json` name them all");
    }
    let roots = [&*settings.roots, &super::others(settings)].concat();
    let refreshed = Catalog::new(&settings.home, &roots).refresh(Keep::Store);
    let ids = short_ids(refreshed.sessions.iter().map(|session| &*session.summary.session_id));
    let own = refreshed.sessions.into_iter().filter(|session| !session.summary.is_sub_agent);
    let now_ms = host::now_ms();
    let rows: Vec<Row> = own.map(|session| row(session, &ids, now_ms)).collect();
    if rows.is_empty() {
        bail!("there is no session to pick; `list` says where they are looked for");
    }
    let query = args.query.as_deref().unwrap_or_default();
    let Some(chosen) = choose(rows, query, preview).context("the terminal cannot be used")? else {
        return Ok(ExitStatus::Problems);
    };
    let Some((program, words)) = args.command.split_first() else {
        writeln!(output.data(), "{}", visible(&chosen.id))?;
        return Ok(ExitStatus::Clean);
    };
    let run = Command::new(program).args(words).arg(&chosen.path).status();
    let status = run.with_context(|| format!("cannot run {}", program.display()))?;
    Ok(match status.code() {
        Some(0) => ExitStatus::Clean,
        Some(1) => ExitStatus::Problems,
        _ => ExitStatus::Failed,
    })
}

fn row(session: Listed, ids: &BTreeMap<String, String>, now_ms: i64) -> Row {
    let summary = *session.summary;
    let folder = summary.cwd.as_deref().and_then(|cwd| Path::new(cwd).file_name()).unwrap_or_default();
    Row {
        folder: folder.to_string_lossy().into_owned(),
        age: ago(summary.last_modified, now_ms),
        title: summary.shown_title().unwrap_or("(no messages)").to_string(),
        agent: summary.agent.unwrap_or_default(),
        short: ids.get(&summary.session_id).cloned().unwrap_or_default(),
        id: summary.session_id,
        path: session.path,
    }
}

/// The last entries of a session as `show` shows them, or why they cannot be.
fn preview(path: &Path) -> Vec<String> {
    let mut output = Output::kept(MOST);
    let args = ShowArgs { tail: Some(LAST), ..ShowArgs::default() };
    let shown = Session::read(path).map_err(Into::into).and_then(|session| {
        super::show::entries(&session, &args, &mut output)?;
        output.flush()
    });
    // A preview that is cut ends like a closed pipe.
    match shown {
        Err(error) if !crate::output::is_closed_pipe(&error) => vec![visible(&format!("{error:#}"))],
        _ => {
            let text = String::from_utf8_lossy(&output.into_kept().data).replace('\t', "    ");
            text.trim_end().lines().map(str::to_string).collect()
        }
    }
}
