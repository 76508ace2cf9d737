//! Why targets are missed, as far as the reason is known.
//!
//! Owns: the texts. A text belongs to the row with that measurement, and is shown only while the target is missed.

/// The known reason why a row misses its target.
pub fn reason(what: &str) -> Option<&'static str> {
    REASONS.iter().find(|(row, _)| *row == what).map(|(_, reason)| *reason)
}

const REASONS: &[(&str, &str)] = &[
    (
        "save of a turn, balanced",
        "by samples, the write is a third of it and the look at the path behind it, one call to the system, a twentieth. \
         The rest is what a bare write does not do: each byte is checked as UTF-8 and walked as JSON twice, as the \
         host's message and as an entry, put behind id, parent and time, and held for a rescue; ids, fields and rows are \
         noted.",
    ),
    (
        "balanced, acknowledged",
        "an append looks at the open log before its write and at the log's path behind it, two calls to the system, so \
         that no entry is acknowledged into a file that another program replaced; before it did, it took 1.57 times the \
         floor. The rest is the entry's check, its copy for a rescue, and its row.",
    ),
    (
        "turns, saves of 8 processes",
        "each turn begins with the lock of another process and with what that one wrote, which is read, checked and noted; \
         eight processes share two cores.",
    ),
    (
        "tree of 400,000 entries, 1,000 branches, library",
        "1,000 branch points lie far apart, each on a page of 1 KiB that must be read. It takes some 55 times what 50 \
         rows take, which is 7.5 ms on a machine where those take 135 µs.",
    ),
    (
        "cold index, library",
        "the walk over all lines, on both cores, is nine tenths of it. More cores shorten it; the bulk insert, on one \
         core, costs as much here as the walk on two.",
    ),
    (
        "first run, for each log",
        "since syncs are shared, most of the processor time is the kernel's: a log is opened, looked at and locked, a file \
         made, written, stamped and renamed. The floor makes one file, on a disk that syncs it in a tenth of a \
         millisecond.",
    ),
    (
        "second run, all logs",
        "a third of it is the question whether the search index knows each log, which `migrate` asks behind its own; the \
         rest, a glance at each sidecar, is twice the floor.",
    ),
    (
        "`migrate` of 300 sessions, 316 MB",
        "each session is replayed twice, the second time over what was written, then read for its sidecar, and synced; on \
         this disk the floor is memory's speed, so that the work on the bytes shows.",
    ),
    (
        "all 10,000 rows",
        "a third of it is memory for texts, some twelve a row, given and taken. Unpacking on two threads was tried, and \
         was not quicker.",
    ),
    (
        "exact total of a word of many entries: 347534",
        "each of the entries that hold it is decoded, as a hit counts by what was said and not by its bytes.",
    ),
    (
        "with the index, exact total of a rare identifier: 3",
        "all sessions are listed first, so that no log that changed is missed: 3 µs a session, three quarters of it.",
    ),
    (
        "its requests, nothing to push",
        "the marker, the list of machines, and of this machine the commit that is remembered, the list of those behind it \
         and the next one: all of it is asked each time, so that a store that went back, or a copy of this home, is noticed.",
    ),
    (
        "its requests, after a turn",
        "six are those of a push with nothing to push; the others put the log's piece, the ledger's, what else lies beside \
         the log, and the commit, and look whether they are there.",
    ),
    (
        "push of 10,000 sessions after a turn of one",
        "a push with nothing to push takes as long, but for 10 ms: each of the 10,000 sessions is looked at, with what lies \
         beside it.",
    ),
    (
        "undo of it",
        "the log of before is put together beside the one that is there and compared with its digest, so that a crash \
         leaves one of the two: a copy and a digest of all of it.",
    ),
    (
        "compress what was sealed",
        "all cores compress, about 0.5 GB a second; each segment is then read again and compared with its digest.",
    ),
    (
        "complete list of 100,000, for each session",
        "it is 0.9 to 1.3 from run to run, with the caches of the file system: read_dir and stat alone, for each file, \
         differ by a tenth.",
    ),
    (
        "first list of 10,000 sessions of five agents, 3.9 GB",
        "each record is walked where it is read and where it is shown, and the log that shows it once more, but for its long \
         texts: some 10 µs a record on one of two cores. A row that is made from the facts of a record, without that log, \
         would take a third of it.",
    ),
    (
        "the same, nothing changed",
        "each file is looked at, as the floor does; the rest is the rows, which are unpacked, filtered and put in order.",
    ),
    (
        "rows of a session of Claude Code, 500 MB, one core",
        "190 MB/s, of records of 1.9 KB. A third is the reading, a quarter the text of the log that shows it, another \
         third the walk over that log.",
    ),
    ("rows of a session of Codex, 500 MB, one core", "as above, with fewer members in a record."),
    (
        "last 50 entries of it, a process, Claude Code",
        "which record follows which is known when all are read, and nothing of another agent's session is kept here for \
         the next time but its row in the list.",
    ),
    (
        "last 50 entries of it, a process, Codex",
        "as above: turns that are taken back stand behind what they take back.",
    ),
    (
        "import of it, Claude Code",
        "half of it is the reading above. Then the log is scanned before it is written, written with a digest beside the \
         kept source, and read for its sidecar.",
    ),
    ("import of it, Codex", "as above."),
];
