//! Why targets are not met, as far as it was found out.
//!
//! Owns: the words. They belong to rows by what these measure, and are shown only while a target is not met.

/// What was found out about a row that does not meet its target.
pub fn reason(what: &str) -> Option<&'static str> {
    REASONS.iter().find(|(row, _)| *row == what).map(|(_, reason)| *reason)
}

const REASONS: &[(&str, &str)] = &[
    (
        "tree of 400,000 entries, 1,000 branches, library",
        "two fifths of it, by perf, are reads of pages of 1 KiB: leaves and branch points are some 2,000 rows that lie \
         far apart. It takes 80 to 100 times what 50 rows take, which is 10 ms on a machine where those take 125 µs. \
         Larger pages would take fewer reads, and double the sidecar of a small session.",
    ),
    (
        "cold index, library",
        "the log must be read as JSON, and one pass of serde_json over it takes up to twice the bulk insert. Reading and \
         filling overlap: of the build, some 85% pass until all is read, the rest is the last commit and the sync, which \
         the floor lacks. Making the key on ids along with the rows, syncing meanwhile and keeping ascending ids \
         without a table took it from 2.1 times to this; smaller caches and more frequent syncs gave nothing. What is \
         left is a second reader, for which the links of the tree would have to be joined.",
    ),
    (
        "first run, for each log",
        "two thirds of it are what copying the files with a sync each costs on this disk. The rest is SQLite's image of \
         the rows and a temporary file. Twice as many workers as cores were tried, and stayed.",
    ),
    (
        "all 10,000 rows",
        "most of it is unpacking: some 16 texts a row, each with its own memory, 1.5 µs a row on a quiet machine. \
         Unpacking on two threads was tried, and was not quicker.",
    ),
    (
        "complete list of 100,000, for each session",
        "it is 0.9 to 1.3 from run to run, with the caches of the file system: read_dir and stat alone, for each file, \
         differ by a tenth.",
    ),
];
