//! Writes sessions to try things on: big logs, whole homes, v1 sessions, damaged logs. The same arguments give the same
//! bytes.
//!
//! Owns: the command line, and the paths of the files. `generate` and `jcode_model` decide the content.

use clap::{Args, Parser, Subcommand};
use jcode_session_tests::generate::agents::AGENTS;
use jcode_session_tests::generate::{Home, LargeLog, LogShape, OtherFile, Until, damage, random, tree_v3};
use jcode_session_tests::jcode_model::write_v1_home;
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

/// Writes session logs, the same ones for the same arguments.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
    /// Another seed, other sessions.
    #[arg(long, global = true, default_value_t = 1)]
    seed: u64,
}

#[derive(Debug, Subcommand)]
enum What {
    /// One log.
    Log {
        file: PathBuf,
        #[command(flatten)]
        size: Size,
        #[command(flatten)]
        shape: Shape,
    },
    /// A folder of logs of equal length.
    Logs {
        folder: PathBuf,
        #[arg(long, default_value_t = 10_000)]
        count: u64,
        #[command(flatten)]
        size: Size,
        #[command(flatten)]
        shape: Shape,
    },
    /// A folder of logs whose median is 93 kB, and of which one in a hundred holds 82% of the bytes.
    Home {
        folder: PathBuf,
        #[arg(long, default_value_t = 10_000)]
        sessions: u64,
    },
    /// A folder of jcode v1 sessions: snapshots with journals.
    V1 {
        folder: PathBuf,
        #[arg(long, default_value_t = 300)]
        sessions: u64,
        /// Bytes of all of them.
        #[arg(long, value_parser = bytes, default_value = "316M")]
        bytes: u64,
    },
    /// A folder of small logs with random damage, up to four kinds each, and of files that are no sessions.
    Damaged {
        folder: PathBuf,
        #[arg(long, default_value_t = 100)]
        count: u64,
    },
    /// A folder of sessions of each other agent that is read.
    Agents {
        folder: PathBuf,
        #[arg(long, default_value_t = 4)]
        count: u64,
        /// Turns of the longest.
        #[arg(long, default_value_t = 12)]
        turns: usize,
    },
}

#[derive(Debug, Args)]
struct Size {
    /// Entries of a log.
    #[arg(long)]
    entries: Option<u64>,
    /// Bytes of a log, if its entries are not counted: `10k`, `100M`, `1G`.
    #[arg(long, value_parser = bytes, default_value = "1M", conflicts_with = "entries")]
    bytes: u64,
}

#[derive(Debug, Args)]
struct Shape {
    /// Average bytes of an entry.
    #[arg(long, default_value_t = 2000)]
    entry_bytes: usize,
    /// Branches besides the first.
    #[arg(long, default_value_t = 8)]
    branches: u64,
    /// One entry in so many is an image in base64.
    #[arg(long, default_value_t = 0)]
    image_every: u64,
    /// One entry has a text of so many bytes.
    #[arg(long, value_parser = bytes, default_value = "0")]
    long_line: u64,
}

fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        _ => return Err(format!("`{text}` is no number of bytes such as `10k`, `100M` or `1G`")),
    };
    let number: u64 = digits.parse().map_err(|error| format!("{error}"))?;
    number.checked_mul(factor).ok_or_else(|| "too many".into())
}

fn large(size: &Size, shape: &Shape, seed: u64) -> LargeLog {
    LargeLog {
        until: size.entries.map_or(Until::Bytes(size.bytes), Until::Entries),
        entry_bytes: shape.entry_bytes,
        branches: shape.branches,
        image_every: shape.image_every,
        long_line: usize::try_from(shape.long_line).unwrap_or(usize::MAX),
        seed,
        ..LargeLog::default()
    }
}

fn main() -> io::Result<()> {
    let Arguments { what, seed } = Arguments::parse();
    match what {
        What::Log { file, size, shape } => {
            large(&size, &shape, seed).write(File::create(file)?)?;
        }
        What::Logs { folder, count, size, shape } => {
            fs::create_dir_all(&folder)?;
            for number in 0..count {
                let log = large(&size, &shape, seed + number);
                log.write(File::create(folder.join(format!("{}.jsonl", log.session_id())))?)?;
            }
        }
        What::Home { folder, sessions } => {
            Home { seed, ..Home::skewed(sessions) }.write(&folder)?;
        }
        What::V1 { folder, sessions, bytes } => {
            write_v1_home(&folder, sessions, bytes, seed)?;
        }
        What::Damaged { folder, count } => {
            fs::create_dir_all(&folder)?;
            for seed in seed..seed + count {
                let log = damage(&tree_v3(LogShape::default(), seed), &mut random(seed));
                fs::write(folder.join(format!("damaged-{seed:06}.jsonl")), log)?;
            }
            for kind in OtherFile::ALL {
                fs::write(folder.join(format!("other-{kind:?}.jsonl")), kind.bytes(&mut random(seed)))?;
            }
        }
        What::Agents { folder, count, turns } => {
            fs::create_dir_all(&folder)?;
            for (agent, generate) in AGENTS {
                for number in 0..count {
                    let turns = turns.saturating_sub(usize::try_from(number).unwrap_or(0)).max(1);
                    fs::write(folder.join(format!("{agent}-{number}.jsonl")), generate(turns, seed + number))?;
                }
            }
        }
    }
    Ok(())
}
