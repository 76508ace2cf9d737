//! `man`: the manual pages, one for the program and one for each command.
//!
//! Owns: which pages there are, and the sections that all commands share.
//! Invariant: a page that another one names exists. A file or a pipe gets roff, whatever `man` there is; a terminal what
//! `man` makes of it.

use crate::args::{Cli, ManArgs, SECTIONS};
use crate::output::{ExitStatus, Output};
use anyhow::{Context, Result, anyhow};
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use jcode_session_native::os::replace::{publish, temporary_for};
use std::io::{self, Write};
use std::process::{self, Stdio};

pub(super) fn man(args: &ManArgs, output: &mut Output) -> Result<ExitStatus> {
    // Nothing but `--help` is behind `help`.
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    if let Some(folder) = &args.dir {
        for (name, page) in pages(&program)? {
            let path = folder.join(name);
            let mut file = temporary_for(&path)?;
            file.write_all(&page).with_context(|| format!("cannot write in {}", folder.display()))?;
            publish(file, &path)?;
        }
        return Ok(ExitStatus::Clean);
    }
    let page = match &args.command {
        None => of_program(&program)?,
        Some(name) => {
            let command = commands(&program).find(|command| command.get_name() == name);
            of_command(command.ok_or_else(|| anyhow!("there is no command `{name}`; `--help` lists them"))?)?
        }
    };
    let shown = output.is_terminal().then(|| formatted(&page, output.columns())).flatten();
    super::page(output);
    output.data().write_all(shown.as_deref().unwrap_or(&page))?;
    Ok(ExitStatus::Clean)
}

/// A page as the system's `man` sets it for a terminal; `None` where there is none that does.
fn formatted(page: &[u8], columns: Option<usize>) -> Option<Vec<u8>> {
    let mut file = tempfile::Builder::new().suffix(".1").tempfile().ok()?;
    file.write_all(page).ok()?;
    let mut man = process::Command::new("man");
    // It keeps bold and underlined words, and leaves the paging to what this program is set to.
    man.arg(file.path()).envs([("MANPAGER", "cat"), ("PAGER", "cat"), ("MAN_KEEP_FORMATTING", "1")]);
    if let Some(columns) = columns {
        man.env("MANWIDTH", columns.to_string());
    }
    let set = man.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    (set.status.success() && !set.stdout.is_empty()).then_some(set.stdout)
}

fn commands(program: &Command) -> impl Iterator<Item = &Command> {
    program.get_subcommands().filter(|command| !command.is_hide_set())
}

/// All pages, by the names of their files.
fn pages(program: &Command) -> Result<Vec<(String, Vec<u8>)>> {
    let mut pages = vec![("jcode-session.1".to_string(), of_program(program)?)];
    for command in commands(program) {
        pages.push((format!("jcode-session-{}.1", command.get_name()), of_command(command)?));
    }
    Ok(pages)
}

fn of_program(program: &Command) -> io::Result<Vec<u8>> {
    // The sections follow as sections, not as the text behind `--help`.
    let page = Man::new(program.clone().after_long_help(None::<&str>));
    let mut out = Vec::new();
    page.render_title(&mut out)?;
    page.render_name_section(&mut out)?;
    page.render_synopsis_section(&mut out)?;
    page.render_description_section(&mut out)?;
    page.render_subcommands_section(&mut out)?;
    page.render_options_section(&mut out)?;
    for (title, terms) in SECTIONS {
        writeln!(out, ".SH {}", title.to_uppercase())?;
        for (term, words) in terms {
            writeln!(out, ".TP\n\\fB{}\\fR\n{}", escaped(term), escaped(words))?;
        }
    }
    Ok(out)
}

fn of_command(command: &Command) -> io::Result<Vec<u8>> {
    let name = format!("jcode-session-{}", command.get_name());
    let mut out = Vec::new();
    Man::new(command.clone().name(name)).render(&mut out)?;
    writeln!(out, ".SH SEE ALSO\n\\fBjcode\\-session\\fR(1)")?;
    Ok(out)
}

/// Text as roff: no character is a command.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq").replace('.', "\\&.")
}
