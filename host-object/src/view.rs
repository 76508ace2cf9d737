//! What each machine pushed, as it is now.
//!
//! Owns: reading the lines of all machines from their newest full commits on.
//! Invariant: a commit that is missing, damaged or out of line ends its machine's line before it, and is told; the other
//! lines are read all the same. Of each line at most 64 commits are read behind a full one.

use crate::archive::Archive;
use crate::objects::{Failure, ObjectError, Objects};
use jcode_session_core::archive::name::{self, Object};
use jcode_session_core::archive::{Commit, Line, Mark, Memory, SessionHead};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

/// How many unreadable commits at the end of a line are passed over.
const PASSED_OVER: usize = 64;

/// Characters of a machine's id that stand for it.
const SHORT: usize = 8;

/// A commit that cannot be read, or a line that is not as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The machine.
    pub machine: String,
    /// Name of the commit's object, or of the folder of its line.
    pub name: String,
    /// What is wrong, in words.
    pub message: String,
    /// The store has lost, or changed, what this home has seen there before.
    pub is_rewound: bool,
}

/// The lines of all machines.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// By machine.
    pub lines: BTreeMap<String, Line>,
    /// What is wrong with them.
    pub troubles: Vec<Trouble>,
}

impl View {
    /// What a machine is called: its label, or, if others have the same one, the start of its id.
    #[must_use]
    pub fn label(&self, machine: &str) -> String {
        let label = self.lines.get(machine).map_or("", |line| &line.label);
        let same = self.lines.values().filter(|line| line.label == label).count();
        // What two ids that were made at one time differ in is at their end.
        let short = || machine.chars().skip(machine.chars().count().saturating_sub(SHORT)).collect();
        if label.is_empty() || same > 1 { short() } else { label.to_string() }
    }

    /// The line of the machine that a word means: its label, its id, or the end of its id.
    #[must_use]
    pub fn machine(&self, word: &str) -> Option<&Line> {
        let is_it = |line: &&Line| self.label(&line.machine) == word || line.machine == word;
        let mut ending = self.lines.values().filter(|line| word.len() >= 4 && line.machine.ends_with(word));
        self.lines.values().find(is_it).or_else(|| ending.next().filter(|_| ending.next().is_none()))
    }

    /// The ids of all sessions.
    #[must_use]
    pub fn ids(&self) -> BTreeSet<&str> {
        self.lines.values().flat_map(|line| line.sessions.keys().map(String::as_str)).collect()
    }

    /// What each machine has of a session.
    pub fn heads<'v>(&'v self, id: &'v str) -> impl Iterator<Item = (&'v str, &'v SessionHead)> {
        self.lines.values().filter_map(move |line| Some((line.machine.as_str(), line.sessions.get(id)?)))
    }
}

impl Archive {
    /// Reads the lines of all machines. What is remembered of them tells whether the store went back.
    ///
    /// # Errors
    /// Fails if the store does not answer.
    pub fn view(&self, memory: &Memory) -> Result<View, ObjectError> {
        let mut view = View::default();
        let known = memory.seen.keys().cloned();
        let mut machines = self.objects().folders(name::MACHINES)?;
        machines.extend(known);
        machines.sort_unstable();
        machines.dedup();
        for machine in machines.into_iter().filter(|machine| name::is_id(machine)) {
            let seen = memory.seen.get(&machine).copied();
            let line = read_line(&**self.objects(), &machine, seen, &mut view.troubles)?;
            if memory.is_rewound(&line) {
                let seen = memory.seen.get(&machine).map_or(0, |seen| seen.n);
                let message = format!(
                    "commit {seen} of this machine was seen here before, and is gone or another one: the store was put \
                     back to an older state, or written by another copy of that home; push from each machine again"
                );
                let name = name::machine_folder(&machine);
                view.troubles.push(Trouble { machine: machine.clone(), name, message, is_rewound: true });
            }
            if line.head.is_some() {
                view.lines.insert(machine, line);
            }
        }
        Ok(view)
    }
}

/// The commits of one machine.
struct Commits<'o> {
    objects: &'o dyn Objects,
    machine: &'o str,
}

/// A commit with the bytes of its object, or what is wrong with it.
type Found = Result<(Commit, Vec<u8>), String>;

fn read_line(
    objects: &dyn Objects,
    machine: &str,
    seen: Option<Mark>,
    troubles: &mut Vec<Trouble>,
) -> Result<Line, ObjectError> {
    let commits = Commits { objects, machine };
    let mut trouble = |n: u64, message: String| {
        let name = name::commit(machine, n);
        troubles.push(Trouble { machine: machine.to_string(), name, message, is_rewound: false });
    };
    let newest = commits.newest(seen)?;
    // The newest that can be read; then what is before it, from the last full one on.
    for n in (1..=newest).rev().take(PASSED_OVER) {
        let (head, stored) = match commits.read(n)? {
            Ok(found) => found,
            Err(message) => {
                trouble(n, message);
                // There are no gaps in a line, so that nothing stands before one.
                if commits.is_there(n)? { continue } else { break }
            }
        };
        let mut line = Line::new(machine);
        for before in head.full..n {
            let added = commits.read(before)?.and_then(|(commit, stored)| add(&mut line, commit, &stored));
            if let Err(message) = added {
                trouble(before, message);
                return Ok(line);
            }
        }
        if let Err(message) = add(&mut line, head, &stored) {
            trouble(n, message);
        }
        return Ok(line);
    }
    Ok(Line::new(machine))
}

impl Commits<'_> {
    /// Number of the newest commit. A list may be late, so that it is only where the search begins: what is there is told
    /// by reading it.
    fn newest(&self, seen: Option<Mark>) -> Result<u64, ObjectError> {
        let seen = seen.map_or(0, |seen| seen.n);
        let mut newest = if seen > 0 && self.is_there(seen)? {
            seen
        } else {
            let listed = self.objects.list(&name::machine_folder(self.machine), None)?;
            let numbers = listed.iter().filter_map(|listed| match name::parse(&listed.name) {
                Some(Object::Commit(_, n)) => Some(n),
                _ => None,
            });
            numbers.max().unwrap_or(0)
        };
        while self.is_there(newest + 1)? {
            newest += 1;
        }
        Ok(newest)
    }

    fn is_there(&self, n: u64) -> Result<bool, ObjectError> {
        Ok(self.objects.get_range(&name::commit(self.machine, n), 0..1)?.is_some())
    }

    fn read(&self, n: u64) -> Result<Found, ObjectError> {
        let stored = match self.objects.get(&name::commit(self.machine, n), Commit::MOST_STORED) {
            Ok(Some(stored)) => stored,
            Ok(None) => return Ok(Err("it is missing".to_string())),
            Err(error) if error.failure == Failure::TooLong => return Ok(Err(error.message)),
            Err(error) => return Err(error),
        };
        Ok(decode(&stored).and_then(|commit| {
            let is_it = commit.n == n && commit.machine == self.machine;
            if is_it { Ok((commit, stored)) } else { Err("it is another commit than its name says".to_string()) }
        }))
    }
}

fn add(line: &mut Line, commit: Commit, stored: &[u8]) -> Result<(), String> {
    line.add(commit, stored).map_err(|error| error.to_string())
}

/// Reads the object of a commit.
///
/// # Errors
/// What is wrong with it, in words.
pub fn decode(stored: &[u8]) -> Result<Commit, String> {
    let mut bytes = Vec::new();
    let decoder = zstd::stream::read::Decoder::new(stored).map_err(|error| error.to_string())?;
    let read = decoder.take(Commit::MOST + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("it cannot be decompressed: {error}"))?;
    if bytes.len() as u64 > Commit::MOST {
        return Err(format!("it is longer than {} MiB", Commit::MOST >> 20));
    }
    Commit::read(&bytes).map_err(|error| error.to_string())
}

/// The object of a commit.
///
/// # Errors
/// If the library fails.
pub fn encode(commit: &Commit) -> std::io::Result<Vec<u8>> {
    zstd::stream::encode_all(&*commit.bytes(), LEVEL)
}

/// Compression level of commits.
const LEVEL: i32 = 6;
