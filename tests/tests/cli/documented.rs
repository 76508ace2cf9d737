//! Every command line of the README works as it stands there, on the sample sessions, and says what stands below it; those
//! of the other pages work. `tests/installed` runs this with the program as it is installed.
//!
//! A line of a block that begins with `$ ` is a command; what follows up to the next one is what it prints. Ids made from
//! the time differ from run to run, and so do times of what is done now.

use jcode_session_tests::generate::agents::claude_code;
use jcode_session_tests::program::binary;
use regex::Regex;
use std::fs;
use std::path::{Path, PathBuf};
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

/// A home with the sample sessions, and a folder that has the program under its name.
struct Reader {
    home: PathBuf,
    path: String,
    _folders: [TempDir; 2],
}

impl Reader {
    fn new() -> Self {
        let folders = [TempDir::new().expect("a folder"), TempDir::new().expect("a folder")];
        let home = folders[0].path().canonicalize().expect("a path");
        fs::create_dir(home.join("sessions")).expect("made");
        for name in ["dark-mode.jsonl", "invoice-rounding.jsonl"] {
            fs::copy(project().join("tests/sample").join(name), home.join("sessions").join(name)).expect("copied");
        }
        let program = binary().canonicalize().expect("built");
        std::os::unix::fs::symlink(program, folders[1].path().join("jcode-session")).expect("linked");
        let path = format!("{}:{}", folders[1].path().display(), std::env::var("PATH").unwrap_or_default());
        Self { home, path, _folders: folders }
    }

    /// Runs a command line of a page; what it says on both streams. It may find problems, and may not fail.
    fn runs(&self, command: &str, place: &str) -> String {
        let output = Command::new("sh")
            .args(["-c", &format!("{command} 2>&1")])
            .current_dir(&self.home)
            .env("PATH", &self.path)
            .env("HOME", &self.home)
            .env("JCODE_HOME", &self.home)
            .output()
            .expect("a shell");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(matches!(output.status.code(), Some(0 | 1)), "{place}: {command}\n{said}");
        said
    }
}

#[test]
fn what_the_readme_shows_is_what_happens() {
    let reader = Reader::new();
    let home = &reader.home;
    let page = fs::read_to_string(project().join("README.md")).expect("a page");
    // A session of another agent, under the name that the page has for it.
    let named = page.lines().find_map(|line| line.strip_prefix("$ jcode-session import ~/")).expect("an import");
    let source = home.join(named);
    fs::create_dir_all(source.parent().expect("a folder")).expect("made");
    fs::write(&source, claude_code_of(source.file_stem().expect("a name").to_str().expect("text"))).expect("written");
    let blocks = commands(&page);
    assert!(blocks.len() > 8, "{} blocks", blocks.len());
    for shown in blocks.iter().flatten() {
        let place = format!("README.md, line {}", shown.line);
        let said = reader.runs(&shown.command, &place);
        if !shown.output.is_empty() {
            assert_eq!(plain(&said, home), plain(&shown.output.join("\n"), home), "{place}: {}", shown.command);
        }
    }
}

/// The folder that all machines reach is one of this home; buckets and other programs are not there.
#[test]
fn the_command_lines_of_the_other_pages_work() {
    let reader = Reader::new();
    fs::create_dir(reader.home.join("team")).expect("made");
    let mut ran = 0;
    for page in fs::read_dir(project().join("docs")).expect("there").map(|page| page.expect("one").path()) {
        if page.extension().is_none_or(|ending| ending != "md") {
            continue;
        }
        let text = fs::read_to_string(&page).expect("a page");
        let lines = text.lines().enumerate().filter(|(_, line)| line.starts_with("jcode-session "));
        for (number, line) in lines.filter(|(_, line)| !line.contains("://")) {
            let place = format!("{}, line {}", page.display(), number + 1);
            reader.runs(&line.replace("/mnt/team", &format!("{}/team", reader.home.display())), &place);
            ran += 1;
        }
    }
    assert!(ran > 4, "{ran} lines");
}
