//! The target that reads sidecars.

use crate::files::LogDir;
use crate::generate::tree_v3;
use jcode_session_core::index::meta_from_pages::{META_PAGES_LEN, meta_from_pages};
use jcode_session_core::verify::StoredRows;
use jcode_session_native::sidecar::sql::{RowCursor, SidecarReader};
use rusqlite::Connection;
use std::cell::Cell;
use std::sync::OnceLock;

/// A sidecar straight from a build.
fn whole() -> &'static [u8] {
    static WHOLE: OnceLock<Vec<u8>> = OnceLock::new();
    WHOLE.get_or_init(|| {
        let dir = LogDir::new(&tree_v3(Default::default(), 7));
        dir.update();
        std::fs::read(dir.sidecar()).expect("built")
    })
}

/// Applies the edits of an input to a good sidecar. An edit has six bytes: offset (3), number of bytes (1), new bytes
/// (2).
fn edited(edits: &[u8]) -> Vec<u8> {
    let mut file = whole().to_vec();
    for edit in edits.chunks_exact(6) {
        let at = u32::from_le_bytes([edit[0], edit[1], edit[2], 0]) as usize % file.len();
        let end = (at + usize::from(edit[3] % 32) + 1).min(file.len());
        for (byte, with) in file[at..end].iter_mut().zip([edit[4], edit[5]].into_iter().cycle()) {
            *byte = with;
        }
    }
    file
}

/// A hostile sidecar gives answers or errors, and every query ends. An input that begins like an SQLite file is the
/// sidecar itself; any other input is a list of edits of a good one.
pub(super) fn sidecar(data: &[u8]) {
    let file = if data.starts_with(b"SQLite format 3\0") { data.to_vec() } else { edited(data) };
    if let Some(start) = file.first_chunk::<META_PAGES_LEN>() {
        let _ = meta_from_pages(start);
    }
    let mut connection = Connection::open_in_memory().expect("memory");
    if connection.deserialize_read_exact("main", &*file, file.len(), true).is_err() {
        return;
    }
    let Ok(reader) = SidecarReader::new(connection) else { return };
    let _ = reader.tree();
    let _ = reader.leaves();
    let _ = reader.find("e1");
    for seq in [0, 1, 7, 39, 40, u32::MAX] {
        let _ = reader.entry(seq);
    }
    let sums = Cell::default();
    let Ok(mut statement) = RowCursor::prepare(reader.connection()) else { return };
    let Ok(mut rows) = RowCursor::new(&mut statement, &sums) else { return };
    let mut seen = 0;
    while rows.current().is_some() && rows.advance().is_ok() {
        seen += 1;
        assert!(seen < 1_000_000, "rows without end");
    }
}
