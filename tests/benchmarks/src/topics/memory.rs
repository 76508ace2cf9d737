//! Memory of the long operations, as whole processes.

use super::Topic;
use crate::lab::Lab;
use crate::record::{Figure, Row, Target, Unit};
use crate::{Outcome, process};
use jcode_session_tests::generate::{LargeLog, Until};
use std::path::Path;

pub const TOPIC: Topic = Topic {
    name: "memory",
    title: "Memory and bytes written",
    about: "Of one run each. Peaks, sampled every 2 ms. Mapped pages of the log count as resident, not as anonymous: the kernel takes them back when it needs them. Allowed: 128 MiB and 100 bytes an entry.",
    measure,
};

fn measure(lab: &mut Lab) -> Outcome<()> {
    let log = lab.large()?.to_path_buf();
    let entries: u32 = lab.pick(400_000, 4_000);
    let most = f64::from(entries) * 100.0 + f64::from(128 << 20);
    watch(lab, "`migrate --force`, 1.1 GB, 400,000 entries", &["migrate", "--force"], &log, most)?;
    watch(lab, "`verify`, 1.1 GB, 400,000 entries", &["verify"], &log, most)?;
    let until = Until::Entries(u64::from(entries));
    let old = LargeLog { until, entry_bytes: 2_650, linear: true, ..LargeLog::default() };
    let old = lab.log("linear", old)?;
    watch(lab, "`migrate` of 1.1 GB of linear-v1, 400,000 entries", &["migrate"], &old, most)?;
    let line = lab.pick(1_000_000_000, 1_000_000);
    let long = lab.log("long", LargeLog { until: Until::Entries(3), long_line: line, ..LargeLog::default() })?;
    watch(lab, "`migrate` of one line of 1 GB", &["migrate"], &long, f64::from(128 << 20))?;
    watch(lab, "`verify` of one line of 1 GB", &["verify"], &long, f64::from(128 << 20))
}

fn watch(lab: &mut Lab, what: &str, arguments: &[&str], log: &Path, most: f64) -> Outcome<()> {
    let usage = process::watch(lab.command(arguments).arg(log))?;
    let row = |of, value| Row::new(format!("{what}: {of}"), Unit::Bytes, Figure(vec![value]));
    lab.add(row("anonymous", usage.anonymous).target(Target::Most(most)));
    lab.add(row("resident", usage.resident));
    lab.add(row("written", usage.written));
    Ok(())
}
