//! Every command line of the README works as it stands there, on the sample sessions, and says what stands below it.
//!
//! A line of a block that begins with `$ ` is a command; what follows up to the next one is what it prints. Ids made from
//! the time differ from run to run, and so do times of what is done now.

use jcode_session_tests::generate::agents::claude_code;
use jcode_session_tests::program::binary;
use regex::Regex;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A command and what it prints, if that is shown.
struct Shown {
    line: usize,
    command: String,
    output: Vec<String>,
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the project")
}

fn commands(page: &str) -> Vec<Vec<Shown>> {
    let mut blocks: Vec<Vec<Shown>> = Vec::new();
    let mut is_inside = false;
    for (number, line) in page.lines().enumerate() {
        if line.starts_with("```") {
            is_inside = !is_inside;
            blocks.extend(is_inside.then(Vec::new));
        } else if let Some(block) = blocks.last_mut().filter(|_| is_inside) {
            match line.strip_prefix("$ ") {
                Some(command) => block.push(Shown { line: number + 1, command: command.into(), output: Vec::new() }),
                None => block.last_mut().into_iter().for_each(|shown| shown.output.push(line.into())),
            }
        }
    }
    blocks.retain(|block| !block.is_empty());
    blocks
}

/// The same for every run.
fn plain(text: &str, home: &Path) -> Vec<String> {
    let ids = Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}").expect("a pattern");
    let text = text.replace(&format!("{}/", home.display()), "");
    ids.replace_all(text.trim_end(), "<id>").lines().map(|line| line.trim_end().to_string()).collect()
}

/// A session of Claude Code with this id.
fn claude_code_of(id: &str) -> String {
    let text = String::from_utf8(claude_code(3, 1)).expect("text");
    let made = Regex::new(r#""sessionId":"([^"]+)""#).expect("a pattern");
    let own = made.captures(&text).expect("an id").get(1).expect("an id").as_str().to_string();
    text.replace(&own, id)
}

#[test]
fn what_the_readme_shows_is_what_happens() {
    let folder = TempDir::new().expect("a folder");
    let home = folder.path().canonicalize().expect("a path");
    fs::create_dir(home.join("sessions")).expect("made");
    for name in ["dark-mode.jsonl", "invoice-rounding.jsonl"] {
        fs::copy(project().join("tests/sample").join(name), home.join("sessions").join(name)).expect("copied");
    }
    let page = fs::read_to_string(project().join("README.md")).expect("a page");
    // A session of another agent, under the name that the page has for it.
    let named = page.lines().find_map(|line| line.strip_prefix("$ jcode-session import ~/")).expect("an import");
    let source = home.join(named);
    fs::create_dir_all(source.parent().expect("a folder")).expect("made");
    fs::write(&source, claude_code_of(source.file_stem().expect("a name").to_str().expect("text"))).expect("written");
    let programs = TempDir::new().expect("a folder");
    std::os::unix::fs::symlink(binary().canonicalize().expect("built"), programs.path().join("jcode-session"))
        .expect("linked");
    let path = format!("{}:{}", programs.path().display(), std::env::var("PATH").unwrap_or_default());
    let blocks = commands(&page);
    assert!(blocks.len() > 8, "{} blocks", blocks.len());
    for shown in blocks.iter().flatten() {
        let output = Command::new("sh")
            .args(["-c", &format!("{} 2>&1", shown.command)])
            .current_dir(&home)
            .env("PATH", &path)
            .env("HOME", &home)
            .env("JCODE_HOME", &home)
            .output()
            .expect("a shell");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let what = format!("README.md, line {}: {}\n{said}", shown.line, shown.command);
        assert!(matches!(output.status.code(), Some(0 | 1)), "{what}");
        if !shown.output.is_empty() {
            assert_eq!(plain(&said, &home), plain(&shown.output.join("\n"), &home), "{what}");
        }
    }
}
