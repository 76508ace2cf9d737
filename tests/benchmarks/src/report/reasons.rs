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
        "tree of 400,000 entries, 1,000 branches, library",
        "1,000 branch points lie far apart, each on a page of 1 KiB that must be read. It takes some 55 times what 50 \
         rows take, which is 7.5 ms on a machine where those take 135 µs.",
    ),
    (
        "cold index, library",
        "reading and filling overlap, one core each, and the reader, which walks all of the JSON, takes a fifth longer \
         than the bulk insert; the last pages and the sync, which the floor lacks, come behind. Making the key on ids \
         along with the rows, syncing meanwhile, keeping ascending ids without a table and few pages in memory took it \
         from 2.1 times to this; longer queues between the two gave nothing.",
    ),
    (
        "first run, for each log",
        "half of the CPU time is the kernel's (a file, its sync, a rename, a sync of the folder), half SQLite's, most of \
         it for making tables and preparing statements anew for each sidecar. More workers than twice the cores, and \
         SQLite without its shared page cache, gave nothing.",
    ),
    (
        "all 10,000 rows",
        "a third of it is memory for texts, some twelve a row, given and taken; it takes 11 ms on a machine where 50 rows \
         take 135 µs. Unpacking on two threads was tried, and was not quicker.",
    ),
    (
        "complete list of 100,000, for each session",
        "it is 0.9 to 1.3 from run to run, with the caches of the file system: read_dir and stat alone, for each file, \
         differ by a tenth.",
    ),
];
