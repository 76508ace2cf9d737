//! `prune`: deletes files that were kept for safety and are no longer needed.
//!
//! Owns: the choice of sessions, and the list of deleted files. `jcode_session_native::ops::prune` deletes.
//! Invariant: it runs only on request. A session that is in use, or does not verify, keeps all its files and does not
//! stop the others.

use super::{many, migrate};
use crate::args::PruneArgs;
use crate::output::{ExitStatus, Output, bytes, count, visible};
use crate::settings::Settings;
use anyhow::Result;
use jcode_session_native::ops::prune::prune as prune_one;
use jcode_session_native::os::path_text::shown;
use jcode_session_native::session::discover::find_logs;
use std::ffi::OsStr;
use std::io::Write;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

pub(super) fn prune(args: &PruneArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    let mut logs = Vec::new();
    for root in settings.roots.iter().filter(|root| root.exists()) {
        logs.extend(find_logs(root)?.logs);
    }
    // A v1 session that was not migrated has nothing to prune.
    logs.retain(|log| log.extension() == Some(OsStr::new("jsonl")) && !migrate::is_active(log, settings));
    let grace_ms = i64::from(args.older_than) * DAY_MS;
    let progress = output.progress(&logs, "pruning");
    let results = many::for_each(&logs, &progress, |log, tick| prune_one(log, grace_ms, args.dry_run, tick));
    progress.finish();
    let (mut files, mut total, mut failed) = (0, 0, false);
    for result in results.into_iter().flatten() {
        match result {
            Ok(pruned) => {
                for file in pruned {
                    writeln!(output.data(), "{}  {}", visible(&shown(&file.path)), bytes(file.len))?;
                    files += 1;
                    total += file.len;
                }
            }
            Err(error) => {
                output.error(&error.into());
                failed = true;
            }
        }
    }
    let word = if args.dry_run { "would be deleted" } else { "deleted" };
    output.note(format!("{}, {} {word}", count(files, "file", "files"), bytes(total)));
    Ok(match failed {
        _ if many::interrupted() => ExitStatus::Failed,
        true => ExitStatus::Problems,
        false => ExitStatus::Clean,
    })
}
