//! Times lists over many sessions: `catalog_speed [SESSIONS] [BYTES]` (10000 sessions of about 2000 bytes).
//!
//! Prints medians beside the floor, a bare walk with a stat of each file, taken in the same run.

use jcode_session_native::catalog::{Catalog, Keep};
use jcode_session_tests::generate::{LogShape, tree_v3};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

const ROUNDS: usize = 15;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let count: u64 = args.next().map_or(Ok(10_000), |n| n.parse())?;
    let bytes: usize = args.next().map_or(Ok(2_000), |n| n.parse())?;
    let home = tempfile::TempDir::new()?;
    let sessions = home.path().join("sessions");
    fs::create_dir(&sessions)?;
    let entries = (bytes / 400).max(1);
    for number in 0..count {
        let log = tree_v3(LogShape { entries, ..LogShape::default() }, number);
        fs::write(sessions.join(format!("session_{number:08}.jsonl")), log)?;
    }
    let catalog = Catalog::new(home.path(), std::slice::from_ref(&sessions));
    let started = Instant::now();
    assert_eq!(catalog.refresh(Keep::Store).sessions.len() as u64, count);
    println!("first build             {:>9.2?}", started.elapsed());
    // Rows of files that were just written are read once more.
    std::thread::sleep(Duration::from_millis(200));
    let _ = catalog.refresh(Keep::Store);

    let floor = median(|| assert_eq!(walk(&sessions), count));
    let complete = median(|| assert_eq!(catalog.refresh(Keep::Store).sessions.len() as u64, count));
    println!("bare read_dir and stat  {floor:>9.2?}");
    println!(
        "complete list           {complete:>9.2?}  ({:.2} times the floor)",
        complete.as_secs_f64() / floor.as_secs_f64()
    );
    println!("first page of 50        {:>9.2?}", median(|| assert_eq!(catalog.first_page(50).len(), 50)));
    let all = usize::try_from(count)?;
    println!("all rows                {:>9.2?}", median(|| assert_eq!(catalog.first_page(all).len(), all)));
    let one = sessions.join("session_00000007.jsonl");
    let mut rounds = 0;
    let changed = median(|| {
        rounds += 1;
        let log = tree_v3(LogShape { entries: entries + rounds % 3, ..LogShape::default() }, 7);
        fs::write(&one, log).expect("written");
        assert_eq!(catalog.refresh(Keep::Store).sessions.len() as u64, count);
    });
    println!("with one changed        {changed:>9.2?}  (its writing included)");
    println!(
        "index                   {:>9} bytes",
        fs::metadata(jcode_session_native::catalog::file_path(home.path()))?.len()
    );
    Ok(())
}

fn walk(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).expect("there");
    entries.flatten().filter(|entry| entry.metadata().is_ok_and(|metadata| metadata.is_file())).count() as u64
}

fn median(mut run: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            run();
            started.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[ROUNDS / 2]
}
