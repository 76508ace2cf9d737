//! The settings file: `<home>/agent/session-settings.toml`.
//!
//! Owns: its keys and the form of their values (docs: `docs/settings.md`), and what is wrong with it, by line.
//! Invariant: a mistake takes away the setting on its own line; a file that is no TOML says nothing at all. Reading it
//! refuses nothing: who must not go on with less than was set asks for [`FileSettings::mistakes`].

use crate::args::{self, Color};
use jcode_session_core::source::ByteSource;
use jcode_session_core::write::Durability;
use jcode_session_native::os::files::PlainFile;
use jcode_session_native::os::path_text::{plain, shown};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use toml::{Spanned, Value};

/// What the file sets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FileSettings {
    pub(super) sessions_dirs: Option<Vec<PathBuf>>,
    pub(super) others: Option<bool>,
    pub(super) durability: Option<Durability>,
    pub(super) segment_size: Option<u64>,
    pub(super) compress: Option<bool>,
    pub(super) store: Option<String>,
    pub(super) color: Option<Color>,
    pub(super) pager: Option<String>,
    /// What is wrong, each naming file and line.
    pub(super) mistakes: Vec<String>,
}

const KEYS: [&str; 8] =
    ["sessions-dirs", "others", "durability", "segment-size", "compress", "store", "color", "pager"];
/// Nobody writes more settings than this.
const MOST: u64 = 1 << 20;

/// Where the file is.
pub(super) fn path(home: &Path) -> PathBuf {
    home.join("agent").join("session-settings.toml")
}

impl FileSettings {
    /// Reads the file of a home; nothing is set where there is none.
    pub(super) fn read(home: &Path) -> Self {
        let path = path(home);
        let text = match PlainFile::open(&path) {
            Ok(file) if file.len() > MOST => Err("is longer than settings can be".to_string()),
            Ok(file) => file
                .read_vec(0, usize::try_from(file.len()).unwrap_or_default())
                .map_err(|error| error.to_string())
                .and_then(|bytes| String::from_utf8(bytes).map_err(|_| "is not UTF-8".to_string())),
            Err(error) if error.source.kind() == io::ErrorKind::NotFound => return Self::default(),
            Err(error) => Err(format!("cannot be read: {}", error.source)),
        };
        match text {
            Ok(text) => Self::of(&text, &shown(&path)),
            Err(why) => Self { mistakes: vec![format!("{} {why}", shown(&path))], ..Self::default() },
        }
    }

    /// What a text sets; `name` names its file.
    fn of(text: &str, name: &str) -> Self {
        let mut found = Self::default();
        let mistake = |at: usize, words: String| {
            let line = text.get(..at).unwrap_or(text).matches('\n').count() + 1;
            format!("{name}, line {line}: {words}")
        };
        let table: BTreeMap<Spanned<String>, Spanned<Value>> = match toml::from_str(text) {
            Ok(table) => table,
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                found.mistakes.push(mistake(at, error.message().to_string()));
                return found;
            }
        };
        for (key, value) in &table {
            if let Err(words) = found.set(key.get_ref(), value.get_ref()) {
                found.mistakes.push(mistake(key.span().start, words));
            }
        }
        found
    }

    fn set(&mut self, key: &str, value: &Value) -> Result<(), String> {
        let wrong = |what: &str| format!("`{key}` is {what}, not {value}");
        let text = |what: &str| value.as_str().map(str::to_string).ok_or_else(|| wrong(what));
        let switch = || value.as_bool().ok_or_else(|| wrong("true or false"));
        match key {
            "sessions-dirs" => {
                self.sessions_dirs = Some(folders(value).ok_or_else(|| wrong("a list of absolute paths"))?)
            }
            "others" => self.others = Some(switch()?),
            "durability" => {
                let what = "\"strict\", \"balanced\" or \"throughput\"";
                self.durability = Some(text(what)?.parse().map_err(|_| wrong(what))?);
            }
            "segment-size" => {
                let what = "a size such as \"64M\"";
                self.segment_size = Some(args::size(&text(what)?).map_err(|why| format!("{}: {why}", wrong(what)))?);
            }
            "compress" => self.compress = Some(switch()?),
            "store" => self.store = Some(text("the place of an archive")?),
            "color" => {
                self.color = Some(match value.as_str() {
                    Some("auto") => Color::Auto,
                    Some("always") => Color::Always,
                    Some("never") => Color::Never,
                    _ => return Err(wrong("\"auto\", \"always\" or \"never\"")),
                });
            }
            "pager" => self.pager = Some(text("a command")?),
            _ => return Err(format!("there is no setting `{key}`; there are {}", KEYS.join(", "))),
        }
        Ok(())
    }
}

/// A list of paths; `~/` begins one below the user's home.
fn folders(value: &Value) -> Option<Vec<PathBuf>> {
    let folder = |value: &Value| {
        let text = value.as_str()?;
        let path = match text.strip_prefix("~/") {
            Some(below) => std::env::home_dir()?.join(below),
            None => PathBuf::from(text),
        };
        // What a relative path means would depend on where a command is run.
        path.is_absolute().then(|| plain(path))
    };
    value.as_array()?.iter().map(folder).collect::<Option<Vec<_>>>().filter(|folders| !folders.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_named_by_its_line_and_takes_nothing_else_away() {
        let text = "compress = true\n\n# a word\ncolour = \"never\"\nothers = 1\nstore = \"/team\"\n";
        let found = FileSettings::of(text, "s.toml");
        assert_eq!((found.compress, found.store.as_deref(), found.others), (Some(true), Some("/team"), None));
        let [colour, others] = &*found.mistakes else { panic!("{found:?}") };
        assert!(colour.starts_with("s.toml, line 4: there is no setting `colour`"), "{colour}");
        assert_eq!(others, "s.toml, line 5: `others` is true or false, not 1");
        let torn = FileSettings::of("compress = true\nothers = \n", "s.toml");
        assert_eq!((torn.compress, torn.mistakes.len()), (None, 1), "{torn:?}");
        assert!(torn.mistakes.iter().all(|mistake| mistake.starts_with("s.toml, line 2: ")), "{torn:?}");
    }
}
