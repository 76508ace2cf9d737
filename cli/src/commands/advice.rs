//! The command lines that messages name.
//!
//! Owns: the text of these command lines.
//! Invariant: a command works in a shell, on that very session, wherever it is. One that is printed as a whole line
//! works from any folder, too, under the name by which this program was called.

use crate::output::visible;
use jcode_session_native::os::path_text::{is_bare_in_shell, quoted_for_shell};
use std::ffi::OsStr;
use std::path::Path;

/// The command that takes back the last rollback or repair of a session.
pub(super) fn undo_command(log: &Path) -> String {
    let called = std::env::args_os().next().unwrap_or_default();
    let mounted = Path::new(&called).file_stem().is_some_and(|name| name == "jcode");
    let program = if mounted { "jcode session" } else { "jcode-session" };
    // If the log is gone, the snapshot from which it was migrated names the session.
    let session = if log.exists() { log.to_path_buf() } else { log.with_extension("json") };
    format!("{program} rollback {} --undo", quoted(std::path::absolute(&session).unwrap_or(session).as_os_str()))
}

/// The command that names the damaged places of a log.
pub(super) fn verify_command(log: &Path) -> String {
    format!("verify {}", quoted(log.as_os_str()))
}

/// The command that names the damaged places of a session in an archive. `word` found the session, `url` the archive;
/// an empty URL stands for the archive that is set.
#[cfg(feature = "store")]
pub(super) fn verify_command_there(word: &OsStr, url: &str) -> String {
    format!("verify {} --store {}", quoted(word), quoted(url.as_ref())).trim_end().to_string()
}

/// The command that lists the sessions of an archive; an empty URL stands for the archive that is set.
#[cfg(feature = "store")]
pub(super) fn list_command_there(url: &str) -> String {
    format!("list --store {}", quoted(url.as_ref())).trim_end().to_string()
}

/// The command that makes the sidecar of a log anew.
pub(super) fn rebuild_command(log: &Path) -> String {
    format!("migrate --force {}", quoted(log.as_os_str()))
}

/// A word of a command line, quoted for a shell.
fn quoted(word: &OsStr) -> String {
    let bytes = word.as_encoded_bytes();
    match std::str::from_utf8(bytes) {
        Ok(text) if bytes.iter().copied().all(is_bare_in_shell) => text.to_string(),
        Ok(text) if visible(text) == text => quoted_for_shell(text),
        // Escapes a path that is no text or has characters that cannot be shown.
        _ => {
            let escaped = bytes.iter().map(|byte| match byte {
                b' ' => " ".to_string(),
                byte if is_bare_in_shell(*byte) => char::from(*byte).to_string(),
                byte => format!("\\x{byte:02x}"),
            });
            format!("$'{}'", escaped.collect::<String>())
        }
    }
}
