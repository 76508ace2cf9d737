//! What a session only refers to: pictures and long texts that oh-my-pi keeps once for all sessions, in
//! `<agent>/blobs/<SHA-256>`.
//!
//! Owns: the references in a line, and what stands in their place in an export.
//! Invariant: only a file whose digest is its name is taken, so that a link or another file under that name brings
//! nothing into an export. A reference whose file is missing stays as it is, and is told.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jcode_session_core::source::ByteSource;
use jcode_session_native::os::files::PlainFile;
use memchr::memmem::Finder;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What all references have.
const SHA256: &[u8] = b":sha256:";
/// How the references begin, as strings of JSON: to a picture, and to a text.
const PICTURE: &[u8] = b"\"blob:sha256:";
const TEXT: &[u8] = b"\"blobtext:sha256:";
/// Length of the digest in hexadecimal digits.
const DIGEST: usize = 64;

/// The files that a session may refer to.
#[derive(Debug)]
pub(crate) struct Blobs {
    folder: Option<PathBuf>,
    finder: Finder<'static>,
    missing: RefCell<BTreeSet<String>>,
}

/// What a reference leads to.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Picture,
    Text,
}

impl Blobs {
    /// Those of a session in `<agent>/sessions`, at any depth.
    pub(crate) fn beside(log: &Path) -> Self {
        let sessions = log.ancestors().find(|folder| folder.file_name().is_some_and(|name| name == "sessions"));
        Self {
            folder: sessions.and_then(Path::parent).map(|agent| agent.join("blobs")),
            finder: Finder::new(SHA256),
            missing: RefCell::default(),
        }
    }

    /// Whether there are any files of this kind.
    pub(crate) fn are_there(&self) -> bool {
        self.folder.as_deref().is_some_and(Path::is_dir)
    }

    /// A line with what it refers to.
    pub(crate) fn resolved<'l>(&self, line: &'l [u8]) -> Cow<'l, [u8]> {
        let (mut out, mut done) = (Vec::new(), 0);
        for at in self.finder.find_iter(line) {
            let Some((kind, start, name)) = reference(line, at) else { continue };
            let Some(string) = self.read(kind, name) else {
                self.missing.borrow_mut().insert(name.to_string());
                continue;
            };
            out.extend_from_slice(line.get(done..start).unwrap_or_default());
            out.extend_from_slice(string.as_bytes());
            done = at + SHA256.len() + DIGEST + 1;
        }
        if done == 0 {
            return Cow::Borrowed(line);
        }
        out.extend_from_slice(line.get(done..).unwrap_or_default());
        Cow::Owned(out)
    }

    /// How many files were not found, and where they were looked for.
    pub(crate) fn missing(&self) -> Option<(usize, Option<&Path>)> {
        let missing = self.missing.borrow().len();
        (missing > 0).then_some((missing, self.folder.as_deref()))
    }

    /// A file as a string of JSON.
    fn read(&self, kind: Kind, name: &str) -> Option<String> {
        let file = PlainFile::open(&self.folder.as_ref()?.join(name)).ok()?;
        let bytes = file.read_vec(0, usize::try_from(file.len()).ok()?).ok()?;
        let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        if digest != name {
            return None;
        }
        // A picture that a provider gave as an address is kept as that text.
        if matches!(kind, Kind::Text) || bytes.starts_with(b"data:image/") {
            return serde_json::to_string(std::str::from_utf8(&bytes).ok()?).ok();
        }
        Some(format!("\"{}\"", STANDARD.encode(&bytes)))
    }
}

/// The reference with `:sha256:` at this place, if it is a whole string: its kind, where it begins, and its name.
fn reference(line: &[u8], at: usize) -> Option<(Kind, usize, &str)> {
    let (before, behind) = line.split_at_checked(at + SHA256.len())?;
    let of = |kind, prefix| before.strip_suffix(prefix).map(|before| (kind, before));
    let (kind, before) = of(Kind::Picture, PICTURE).or_else(|| of(Kind::Text, TEXT))?;
    let (name, end) = behind.split_at_checked(DIGEST)?;
    let is_digest = name.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    // A quote that is escaped stands in another string.
    let is_string = end.first() == Some(&b'"') && before.last() != Some(&b'\\');
    let name = std::str::from_utf8(name).ok().filter(|_| is_digest && is_string)?;
    Some((kind, before.len(), name))
}
