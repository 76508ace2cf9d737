//! Findings as lines for people.
//!
//! Owns: the form of a line, and how many findings of one code are shown. Core decides what a finding is.
//! Invariant: findings that are left out are counted.

use crate::output::{Output, count, style, visible};
use anyhow::Result;
use jcode_session_core::finding::{Code, Finding, Severity};
use std::collections::BTreeMap;
use std::io::Write;

/// Number of findings of one code that are shown for a log.
const SHOWN: u64 = 20;

/// Prints the first findings of each code and counts the rest. `all_in` says where all of them are listed.
pub(super) fn print_findings(findings: &[Finding], all_in: &str, output: &mut Output) -> Result<()> {
    let mut found: BTreeMap<Code, u64> = BTreeMap::new();
    for finding in findings {
        let before = found.entry(finding.code).or_default();
        *before += 1;
        if *before <= SHOWN {
            print_finding(finding, output)?;
        }
    }
    for (code, all) in found.into_iter().filter(|(_, all)| *all > SHOWN) {
        let more = count(all - SHOWN, "more", "more");
        writeln!(output.data(), "     … and {more} {}{all_in}", code_word(code)?)?;
    }
    Ok(())
}

/// The name of a code in reports.
fn code_word(code: Code) -> Result<String> {
    Ok(serde_json::to_value(code)?.as_str().unwrap_or_default().to_string())
}

pub(super) fn print_finding(finding: &Finding, output: &mut Output) -> Result<()> {
    let (style, severity) = match finding.severity {
        Severity::Warning => (style::WARNING, "warning"),
        Severity::Error => (style::BAD, "error"),
    };
    let style = output.style(style);
    write!(output.data(), "     {style}{severity}{style:#} {}", code_word(finding.code)?)?;
    match (finding.line, finding.byte_offset) {
        (Some(line), Some(offset)) => write!(output.data(), " line {line}, byte {offset}")?,
        (None, Some(offset)) => write!(output.data(), " byte {offset}")?,
        _ => {}
    }
    if let Some(entry) = &finding.entry_id {
        write!(output.data(), ", entry {}", visible(entry))?;
    }
    writeln!(output.data(), ": {}", visible(&finding.message))?;
    Ok(())
}
