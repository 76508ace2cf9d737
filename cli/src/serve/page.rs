//! The built page.
//!
//! Owns: its files, embedded when the program was built, and their media types.
//! Invariant: a path names one of these files or nothing. The disk is never read.

use hyper::body::Bytes;

/// Names and bytes of the files.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// True if the page was built before this program.
pub const fn is_built() -> bool {
    !FILES.is_empty()
}

/// What the page says of itself as long as nobody serves it with sessions.
const UNSERVED: &str = r#"name="served" content="nothing""#;

/// The file at a path below the page's root, and its media type. `offered`: what is served with the page.
pub(super) fn file(path: &str, offered: &str) -> Option<(Bytes, &'static str)> {
    let path = if path.is_empty() { "index.html" } else { path };
    let (name, bytes) = FILES.iter().find(|(name, _)| *name == path)?;
    let bytes = match std::str::from_utf8(bytes) {
        Ok(text) if *name == "index.html" => {
            text.replace(UNSERVED, &format!(r#"name="served" content="{offered}""#)).into()
        }
        _ => Bytes::from_static(bytes),
    };
    Some((bytes, media_type(name)))
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}
