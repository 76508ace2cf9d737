//! `doctor`: the state of all sessions, and cures.
//!
//! Owns: the printed form. The native doctor examines.
//! Invariant: the exit code is 1 only if a finding is an error.

use super::findings::print_finding;
use crate::args::DoctorArgs;
use crate::output::{ExitStatus, Output, bytes, count, time, visible};
use crate::settings::Settings;
use anyhow::Result;
use jcode_session_core::report::DoctorReport;
use jcode_session_native::catalog::Catalog;
use jcode_session_native::ops::doctor::{Examination, examine};
use jcode_session_native::search::index;
use std::io::Write;

pub(super) fn doctor(args: &DoctorArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    #[cfg(feature = "store")]
    if args.store.store.is_some() {
        return of_archive(args, settings, output);
    }
    if args.fix {
        let catalog = Catalog::new(&settings.home, &settings.roots);
        if let Err(error) = index::update(&settings.home, &catalog, &|| true) {
            output.note(format!("the search index cannot be written ({error}); searches read all"));
        }
    }
    let what = Examination { home: settings.home.clone(), roots: settings.roots.clone(), fix: args.fix };
    let report = examine(&what);
    if args.json {
        output.json(&report)?;
    } else {
        print(&report, output)?;
    }
    Ok(if report.is_ok() { ExitStatus::Clean } else { ExitStatus::Problems })
}

/// Examines an archive; what is broken there is not mended from here.
#[cfg(feature = "store")]
fn of_archive(args: &DoctorArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    if args.fix {
        anyhow::bail!("an archive is only added to, so `--fix` cannot be used with `--store`");
    }
    let remote = super::remote::open(args.store.store.as_deref(), settings)?;
    let report = jcode_session_object::check::examine(&remote)?;
    if args.json {
        output.json(&report)?;
    } else {
        let (s, machines) = (&report.sessions, remote.view().lines.len() as u64);
        writeln!(
            output.data(),
            "{} of {}, {}\nstored: {}, replaced or not yet named {}, other {}",
            count(s.count, "session", "sessions"),
            count(machines, "machine", "machines"),
            bytes(s.total_bytes),
            bytes(s.disk.logs),
            bytes(s.disk.stores),
            bytes(s.disk.other),
        )?;
        print_all(&report, output)?;
    }
    Ok(if report.is_ok() { ExitStatus::Clean } else { ExitStatus::Problems })
}

fn print(report: &DoctorReport, output: &mut Output) -> Result<()> {
    let s = &report.sessions;
    let migrated = s.last_migrate.map_or_else(|| "never".to_string(), |at| time(Some(at)));
    let not_sessions = match s.not_sessions {
        0 => String::new(),
        n => format!(", and {}", count(n, "file that is no session", "files that are no sessions")),
    };
    writeln!(
        output.data(),
        "{}, {}{not_sessions}\nsidecars: {} of {}\nlast migration: {migrated}\nstale rows in the session index: {}\nmissing \
         checkpoints: {}\non the disk: logs {}, v1 files {}, sidecars {}, stores {}, other {}",
        count(s.count, "session", "sessions"),
        bytes(s.total_bytes),
        s.with_sidecar,
        s.count,
        s.stale_index_rows,
        s.missing_checkpoints,
        bytes(s.disk.logs),
        bytes(s.disk.v1_files),
        bytes(s.disk.sidecars),
        bytes(s.disk.stores),
        bytes(s.disk.other),
    )?;
    print_all(report, output)
}

fn print_all(report: &DoctorReport, output: &mut Output) -> Result<()> {
    let mut last = None;
    for found in &report.findings {
        if last != Some(&found.path) {
            writeln!(output.data(), "\n{}", visible(&found.path))?;
        }
        last = Some(&found.path);
        print_finding(&found.finding, output)?;
    }
    output.note(match report.findings.len() {
        0 => "nothing is wrong".to_string(),
        n => count(n as u64, "finding", "findings"),
    });
    Ok(())
}
