//! The sidecar beside a log, as far as this build can read it.
//!
//! Owns: judging a sidecar by content alone, because a browser knows neither inodes nor boots. `verify` compares it
//! with the log.
//! Invariant: any fault of a sidecar gives a word and a note, never an error, because the log can answer instead.

use jcode_session_core::catalog::Exact;
use jcode_session_core::index::meta_from_pages::{META_PAGES_LEN, meta_from_pages};
use jcode_session_core::source::identity::{FileStamp, Freshness, judge};
use jcode_session_core::source::{ByteSource, SourceError};

/// The result of a look at a sidecar.
#[derive(Debug)]
pub(crate) struct Beside {
    /// The word for its state in reports.
    pub(crate) word: &'static str,
    /// Why the sidecar does not answer, or what is odd about it.
    pub(crate) note: Option<String>,
    /// Exact counts and active leaf of the whole log, if the sidecar is fresh.
    pub(crate) exact: Option<Exact>,
    /// The open sidecar, if it is fresh and can be read.
    pub(crate) reader: Option<Reader>,
    /// The finding about its state.
    #[cfg(feature = "sidecar")]
    pub(crate) finding: Option<jcode_session_core::finding::Finding>,
}

fn stamp(log: &dyn ByteSource) -> FileStamp {
    FileStamp { len: log.len(), ..FileStamp::default() }
}

#[cfg(feature = "sidecar")]
pub(crate) use with::{Reader, look};
#[cfg(not(feature = "sidecar"))]
pub(crate) use without::{Reader, look};

/// Judges the metadata in the first pages, without SQLite.
fn glance(sidecar: &impl ByteSource, log: &dyn ByteSource) -> Result<Option<(Freshness, Exact)>, SourceError> {
    let start = match sidecar.read_vec(0, META_PAGES_LEN) {
        Ok(start) => start,
        Err(SourceError::Shrank { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(meta) = meta_from_pages(&start) else { return Ok(None) };
    let freshness = judge(&meta.stamp, &meta.fingerprint, &stamp(log), log)?;
    Ok(Some((freshness, (meta.counts, meta.active_leaf))))
}

#[cfg(not(feature = "sidecar"))]
mod without {
    //! The build without SQLite: a glance, and no more.

    use super::{Beside, ByteSource, Freshness, SourceError, glance};
    use jcode_session_core::log::Dialect;
    use jcode_session_core::session::NoSidecar;

    pub(crate) type Reader = NoSidecar;

    pub(crate) fn look(
        sidecar: Option<&impl ByteSource>,
        log: &dyn ByteSource,
        _: Dialect,
    ) -> Result<Beside, SourceError> {
        let plain = |word, note: Option<&str>| Beside { word, note: note.map(Into::into), exact: None, reader: None };
        let Some(sidecar) = sidecar else { return Ok(plain("missing", None)) };
        Ok(match glance(sidecar, log)? {
            Some((Freshness::Fresh | Freshness::Restamp, exact)) => {
                Beside { exact: Some(exact), ..plain("fresh", None) }
            }
            Some((Freshness::Grown, _)) => plain("grown", Some("the log has grown since the sidecar was written")),
            Some((Freshness::Stale, _)) => plain("stale", Some("it is of another state of the log, or of another log")),
            None => plain("unread", Some("only the build with SQLite can tell what it is")),
        })
    }
}

#[cfg(feature = "sidecar")]
mod with {
    //! The build with SQLite: the native host's SQL opens the sidecar in memory.

    use super::{Beside, ByteSource, Freshness, SourceError, glance, stamp};
    use jcode_session_core::log::Dialect;
    use jcode_session_native::sidecar::sql::{Sidecar, SidecarReader};
    use rusqlite::Connection;
    use std::io::{self, Read};

    pub(crate) type Reader = SidecarReader;

    pub(crate) fn look(
        sidecar: Option<&impl ByteSource>,
        log: &dyn ByteSource,
        dialect: Dialect,
    ) -> Result<Beside, SourceError> {
        let (verdict, wal) = match sidecar {
            None => (Sidecar::Missing, false),
            Some(sidecar) if sidecar.is_empty() => (Sidecar::Corrupt("it is empty".into()), false),
            // A sidecar of another state need not be read to its end.
            Some(sidecar) if matches!(glance(sidecar, log)?, Some((Freshness::Stale, _))) => (Sidecar::Stale, false),
            Some(sidecar) => {
                let mut bytes = Bytes { source: sidecar, at: 0, wal: false };
                let opened = open(&mut bytes);
                // There are no boots here; the content decides.
                (Sidecar::judge(opened, &|_| true, &stamp(log), log)?, bytes.wal)
            }
        };
        let word = verdict.word();
        let finding = verdict.finding(dialect);
        let note = finding.as_ref().filter(|_| sidecar.is_some()).map(|finding| finding.message.clone());
        let odd = "it was left in WAL mode; what its -wal file may hold is not seen";
        let note = note.or_else(|| wal.then(|| odd.to_string()));
        let reader = if let Sidecar::Fresh { reader, .. } = verdict { Some(reader) } else { None };
        let exact = reader.as_ref().map(|reader| (reader.meta().counts.clone(), reader.meta().active_leaf.clone()));
        Ok(Beside { word, note, exact, reader, finding })
    }

    fn open<S: ByteSource>(bytes: &mut Bytes<'_, S>) -> rusqlite::Result<Connection> {
        let mut connection = Connection::open_in_memory()?;
        let size = usize::try_from(bytes.source.len()).unwrap_or(usize::MAX);
        connection.deserialize_read_exact("main", bytes, size, true)?;
        Ok(connection)
    }

    /// The bytes of a sidecar. SQLite cannot open a database in WAL mode from memory. So the header is presented as
    /// that of another mode, which is right for all content that was checkpointed.
    struct Bytes<'s, S> {
        source: &'s S,
        at: u64,
        wal: bool,
    }

    /// The bytes of SQLite's header with the write and read versions; 2 means WAL.
    const VERSIONS: std::ops::Range<u64> = 18..20;

    impl<S: ByteSource> Read for Bytes<'_, S> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let left = usize::try_from(self.source.len() - self.at).unwrap_or(usize::MAX);
            let take = buffer.len().min(left).min(1 << 20);
            let part = &mut buffer[..take];
            self.source.read_at(self.at, part).map_err(io::Error::other)?;
            for at in VERSIONS {
                let place = at.checked_sub(self.at).and_then(|place| usize::try_from(place).ok());
                if let Some(byte) = place.and_then(|place| part.get_mut(place))
                    && *byte == 2
                {
                    *byte = 1;
                    self.wal = true;
                }
            }
            self.at += take as u64;
            Ok(take)
        }
    }
}
