//! The sidecar's schema: its SQL statements and the keys of its metadata.
//!
//! If you change this, then change `SCHEMA_VERSION`, the queries in `host-native/src/sidecar/sql` and section 4.1 of
//! `docs/format.md` too. If you change the order of tables, then change `META_PAGE` in [`super::meta_from_pages`].
//!
//! Owns: tables, indexes, `user_version` and metadata keys.
//! Invariant: small logs give small files: each table and index but `entries` fits one page of 1 KiB.

/// `user_version` of the sidecars that this software writes and reads.
pub const SCHEMA_VERSION: i64 = 3;

/// `application_id`: "jcsx".
pub const APPLICATION_ID: i64 = 0x6A63_7378;

/// Page size in bytes: small, because most sessions are small and a commit writes whole pages.
pub const PAGE_SIZE: u32 = 1024;

/// The tables. `seq` is the entry's number in log order.
pub const TABLES: &str = "\
CREATE TABLE entries(seq INTEGER PRIMARY KEY,id TEXT NOT NULL,parent_id TEXT,ts INTEGER,kind TEXT NOT NULL,branch_leaf_marker INTEGER NOT NULL,byte_offset INTEGER NOT NULL,byte_len INTEGER NOT NULL,parent_step INTEGER NOT NULL,depth INTEGER NOT NULL);
CREATE TABLE branches(leaf_id TEXT PRIMARY KEY,name TEXT,labeled_at INTEGER,seq INTEGER NOT NULL,depth INTEGER NOT NULL,ts INTEGER)WITHOUT ROWID;
CREATE TABLE labels(seq INTEGER PRIMARY KEY,target INTEGER,target_id TEXT NOT NULL,name TEXT NOT NULL,labeled_at INTEGER);
CREATE TABLE metadata(key TEXT PRIMARY KEY,value)WITHOUT ROWID;
";

/// The unique index on `id`.
pub const ID_INDEX: &str = "CREATE UNIQUE INDEX IF NOT EXISTS entries_id ON entries(id)";

/// The jump index: entries that do not directly follow their parent, that is, starts of branches, and roots under their
/// own number. With it the tree is read without touching one row per entry. It holds all columns that the tree needs
/// for a branch's start, because the rows of starts lie far apart. Small logs have no jump index.
pub const JUMP_INDEX: &str =
    "CREATE INDEX IF NOT EXISTS entries_jump ON entries(seq-parent_step,id,parent_step)WHERE parent_step<>1";

/// Number of entries from which on the jump index is made.
pub const JUMP_INDEX_FROM: u64 = 256;

/// All statements of the schema. A sidecar with any other object is refused: a hostile file may hold endless views, or
/// triggers.
pub const STATEMENTS: [&str; 3] = [TABLES, ID_INDEX, JUMP_INDEX];

/// Keys of `metadata`.
pub mod key {
    /// [`super::SCHEMA_VERSION`].
    pub const SCHEMA_VERSION: &str = "schema_version";
    /// The header's id, else the file's stem.
    pub const SESSION_ID: &str = "session_id";
    /// Indexed bytes of the log.
    pub const LOG_LEN: &str = "log_len";
    /// Modification time of the log, Unix nanoseconds.
    pub const LOG_MTIME_NS: &str = "log_mtime_ns";
    /// Change time of the log, Unix nanoseconds.
    pub const LOG_CTIME_NS: &str = "log_ctime_ns";
    /// Device of the log.
    pub const LOG_DEV: &str = "log_dev";
    /// Inode of the log.
    pub const LOG_INO: &str = "log_ino";
    /// Number of entries.
    pub const ENTRY_COUNT: &str = "entry_count";
    /// Key of the last entry.
    pub const ACTIVE_LEAF: &str = "active_leaf";
    /// When the index was last updated, Unix milliseconds.
    pub const INDEXED_AT: &str = "indexed_at";
    /// Bytes of the log known to be on the disk.
    pub const SYNCED_LEN: &str = "synced_len";
    /// Fingerprint of the indexed bytes: head, tail and samples, one blob of 24 bytes.
    pub const FINGERPRINT: &str = "fingerprint";
    /// Checksum of the tree, a blob of 16 bytes.
    pub const TREE_CHECKSUM: &str = "tree_checksum";
    /// Checksum of all other rows of `metadata`.
    pub const DIGEST: &str = "digest";
    /// Where a catch-up resumes: offset, whether a record was seen, whether an LF must stand there; or the word
    /// `rebuild`.
    pub const RESUME_AT: &str = "resume_at";
    /// Lines before `resume_at`.
    pub const LINES: &str = "lines";
    /// Number of message entries.
    pub const MESSAGES: &str = "message_count";
    /// Messages of the conversation: of the user, of the assistant, and their tokens; absent if there are none.
    pub const SAID: &str = "said";
    /// Time of the last message, Unix milliseconds.
    pub const LAST_MESSAGE_AT: &str = "last_message_at";
    /// Time of the last entry, Unix milliseconds.
    pub const LAST_ENTRY_AT: &str = "last_entry_at";
    /// Counts of duplicates, orphans, dangling labels, damages and compactions; absent in most logs.
    pub const ODD: &str = "odd";
    /// Title of the session.
    pub const TITLE: &str = "title";
    /// Tags of the session, as a JSON array.
    pub const TAGS: &str = "tags";
    /// Stamps of the files that the log was migrated from, in the host's form.
    pub const MIGRATED_FROM: &str = "migrated_from";
    /// When a migration last built or updated the sidecar, Unix milliseconds.
    pub const MIGRATED_AT: &str = "migrated_at";
    /// Boot during which the sidecar was last changed without a sync; absent once it is synced.
    pub const UNSYNCED_BOOT: &str = "unsynced_boot";
}
