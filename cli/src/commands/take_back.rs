//! The command that takes a change back, as its user types it.
//!
//! Owns: the words of that command. Invariant: it works from whatever folder, in a shell, on that very file, as this
//! program is called. Does not: take anything back.

use crate::output::visible;
use std::path::Path;

/// The command that takes the last rollback or repair of a session back.
pub(super) fn undo_command(log: &Path) -> String {
    let called = std::env::args_os().next().unwrap_or_default();
    let mounted = Path::new(&called).file_stem().is_some_and(|name| name == "jcode");
    let program = if mounted { "jcode session" } else { "jcode-session" };
    // Where the log is gone, the snapshot that it was migrated from names the session.
    let session = if log.exists() { log.to_path_buf() } else { log.with_extension("json") };
    format!("{program} rollback {} --undo", quoted(&std::path::absolute(&session).unwrap_or(session)))
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-+:@%".contains(byte);
    match std::str::from_utf8(bytes) {
        Ok(text) if bytes.iter().all(plain) => text.to_string(),
        Ok(text) if visible(text) == text => format!("'{}'", text.replace('\'', "'\\''")),
        // What cannot be shown, or is no text, has a form that can.
        _ => {
            let escaped = bytes.iter().map(|byte| match byte {
                b' ' => " ".to_string(),
                byte if plain(byte) => char::from(*byte).to_string(),
                byte => format!("\\x{byte:02x}"),
            });
            format!("$'{}'", escaped.collect::<String>())
        }
    }
}
