//! Rows as lines: the session, its messages with their parts, in the order in which they are read, and at the end what of
//! the session changes, so that lines in front stay where they are while it grows.
//!
//! Owns: which tables hold a session: of the two schemas the newer one, where the session is in it. Columns are written as
//! they are named, texts that are JSON as that.
//! Invariant: a line is a function of the rows. Does not: know columns beyond those that link and order rows.

use jcode_session_core::json::text::write_string;
use jcode_session_core::json::walk::Walker;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use std::collections::HashMap;
use std::io::Write;

/// A session, and what tells one state of its rows from another.
#[derive(Debug)]
pub(super) struct SessionRow {
    pub(super) id: String,
    /// What never changes.
    first: Vec<u8>,
    state: Vec<u8>,
    /// The table of its messages.
    messages: Messages,
}

/// Where messages are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Messages {
    /// `message`, and `part` for each.
    WithParts,
    /// `session_message`.
    Whole,
}

impl SessionRow {
    /// The last line of its file: all columns, and how many rows there are.
    pub(super) fn state(&self) -> &[u8] {
        &self.state
    }
}

/// All sessions.
///
/// # Errors
/// If the database cannot be read, or has no sessions as they are known.
pub(super) fn sessions(connection: &Connection) -> rusqlite::Result<Vec<SessionRow>> {
    let mut found: Vec<SessionRow> = Vec::new();
    let (whole, parted) = (states(connection, "session_message")?, states(connection, "message")?);
    let parts = states(connection, "part")?;
    for table in ["session_v2", "session"] {
        if !has_table(connection, table)? {
            continue;
        }
        let mut select = connection.prepare(&format!("SELECT * FROM {table} ORDER BY id"))?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let id: String = row.get("id")?;
            // What is in both was taken over into the newer one.
            if found.iter().any(|session| session.id == id) {
                continue;
            }
            let [whole, parted, parts] = [&whole, &parted, &parts].map(|of| of.get(&id).copied().unwrap_or_default());
            let is_newer = table == "session_v2" || (parted.0 == 0 && whole.0 > 0);
            let messages = if is_newer { Messages::Whole } else { Messages::WithParts };
            let mut first = br#"{"type":"opencode_session""#.to_vec();
            columns(row, Some(&LASTING), &mut first);
            first.extend_from_slice(b"}\n");
            let mut state = br#"{"type":"opencode_state""#.to_vec();
            columns(row, None, &mut state);
            let rows = if is_newer { vec![whole] } else { vec![parted, parts] };
            state.extend_from_slice(format!(",\"rows\":{}}}\n", json(&rows)).as_bytes());
            found.push(SessionRow { id, first, state, messages });
        }
    }
    Ok(found)
}

/// Columns of a session that never change.
const LASTING: [&str; 4] = ["id", "parent_id", "directory", "time_created"];

fn json(rows: &[(i64, i64)]) -> String {
    let pairs: Vec<String> = rows.iter().map(|(count, newest)| format!("[{count},{newest}]")).collect();
    format!("[{}]", pairs.join(","))
}

/// How many rows of a table each session has, and when one of them changed last.
fn states(connection: &Connection, table: &str) -> rusqlite::Result<HashMap<String, (i64, i64)>> {
    if !has_table(connection, table)? {
        return Ok(HashMap::new());
    }
    let mut select = connection.prepare(&format!(
        "SELECT session_id, count(*), coalesce(max(time_updated), 0) FROM {table} WHERE session_id IS NOT NULL \
         GROUP BY session_id"
    ))?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
    rows.collect()
}

/// Writes the lines of a session.
///
/// # Errors
/// If the rows cannot be read, or the lines not be written.
pub(super) fn write(
    connection: &Connection,
    session: &SessionRow,
    out: &mut dyn Write,
) -> Result<(), super::WriteDownError> {
    out.write_all(&session.first)?;
    match session.messages {
        Messages::WithParts => with_parts(connection, &session.id, out)?,
        Messages::Whole => whole(connection, &session.id, out)?,
    }
    out.write_all(&session.state)?;
    out.flush()?;
    Ok(())
}

fn with_parts(connection: &Connection, session: &str, out: &mut dyn Write) -> Result<(), super::WriteDownError> {
    let mut messages = connection.prepare("SELECT * FROM message WHERE session_id = ? ORDER BY time_created, id")?;
    let mut parts = connection.prepare("SELECT * FROM part WHERE message_id = ? ORDER BY time_created, id")?;
    let mut rows = messages.query([session])?;
    while let Some(row) = rows.next()? {
        let mut line = br#"{"type":"opencode_message""#.to_vec();
        columns(row, None, &mut line);
        line.extend_from_slice(br#","parts":["#);
        let id: String = row.get("id")?;
        let mut of_message = parts.query([id])?;
        let mut is_first = true;
        while let Some(part) = of_message.next()? {
            line.extend_from_slice(if std::mem::take(&mut is_first) { b"{" } else { b",{" });
            let start = line.len();
            columns(part, None, &mut line);
            // The first column has no other before it.
            line.drain(start..(start + 1).min(line.len()));
            line.push(b'}');
        }
        line.extend_from_slice(b"]}\n");
        out.write_all(&line)?;
    }
    Ok(())
}

fn whole(connection: &Connection, session: &str, out: &mut dyn Write) -> Result<(), super::WriteDownError> {
    let has_seq = connection.prepare("SELECT seq FROM session_message LIMIT 0").is_ok();
    let order = if has_seq { "seq" } else { "time_created, id" };
    let mut messages =
        connection.prepare(&format!("SELECT * FROM session_message WHERE session_id = ? ORDER BY {order}"))?;
    let mut rows = messages.query([session])?;
    while let Some(row) = rows.next()? {
        let mut line = br#"{"type":"opencode_session_message""#.to_vec();
        columns(row, None, &mut line);
        line.extend_from_slice(b"}\n");
        out.write_all(&line)?;
    }
    Ok(())
}

/// Writes the columns of a row, or these of them, each behind a comma.
fn columns(row: &Row<'_>, only: Option<&[&str]>, line: &mut Vec<u8>) {
    let mut names = Vec::new();
    // A list in old versions of the library, an iterator in new ones.
    for name in row.as_ref().column_names() {
        names.push(name.to_string());
    }
    let wanted = |name: &str| only.is_none_or(|only| only.contains(&name));
    for (number, name) in names.iter().enumerate().filter(|(_, name)| wanted(name)) {
        let Ok(value) = row.get_ref(number) else { continue };
        line.push(b',');
        // A line has a type of its own.
        write_string(line, if name == "type" { "message_type" } else { name });
        line.push(b':');
        value_of(value, line);
    }
}

fn value_of(value: ValueRef<'_>, line: &mut Vec<u8>) {
    match value {
        ValueRef::Integer(number) => line.extend_from_slice(number.to_string().as_bytes()),
        ValueRef::Real(number) if number.is_finite() => line.extend_from_slice(number.to_string().as_bytes()),
        ValueRef::Text(text) if is_json(text) => {
            // Between tokens alone a line may break.
            line.extend(text.iter().map(|&byte| if byte == b'\n' || byte == b'\r' { b' ' } else { byte }));
        }
        ValueRef::Text(text) => write_string(line, &String::from_utf8_lossy(text)),
        ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => line.extend_from_slice(b"null"),
    }
}

/// An object or an array.
fn is_json(text: &[u8]) -> bool {
    matches!(text.first(), Some(b'{' | b'['))
        && std::str::from_utf8(text).is_ok()
        && Walker::new().skip_value(text, 0) == Ok(text.len())
}

fn has_table(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    let select = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?";
    connection.query_row(select, [name], |row| row.get::<_, i64>(0)).map(|count| count > 0)
}
