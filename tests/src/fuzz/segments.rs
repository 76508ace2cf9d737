//! Targets that read segments: a hostile store of segments, and one hostile compressed file.

use super::store::{COMMANDS, run_command};
use crate::crash_storage::Machine;
use crate::differential::{said_by, said_in_chunks};
use crate::sessions::{self, Store, log_of, opened, put, stored, with_log};
use jcode_session_core::segment::{self, Archive, Decompress, MANIFEST, Manifest, Reader, Segment, Table};
use jcode_session_core::source::{ByteSource, SliceSource, SourceError, go_on};
use jcode_session_core::storage::{Name, Place, Storage, StorageFile};
use jcode_session_core::store::LogState;
use jcode_session_native::os::segments::Zstd;

/// Separates the files of an input.
const BETWEEN: &[u8] = b"\xFF\0\xFF";
/// The last command of the store, then the commands of segments.
const REPAIR: u8 = COMMANDS - 1;
const SEAL: u8 = COMMANDS;
const UNSEAL: u8 = SEAL + 1;
const COMPRESS: u8 = SEAL + 2;
const DECOMPRESS: u8 = SEAL + 3;
/// Logs up to this size are read whole.
const SMALL: u64 = 1 << 20;

/// A hostile store: the log reads the same in pieces and at once, lost bytes need not be read, and no command panics or
/// loses a byte. The input is the log's own file, the manifest, and files that consist of a name, a line feed and
/// bytes.
pub(super) fn segments(data: &[u8]) {
    let mut parts = split(data).into_iter();
    let (own, manifest) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let machine = with_log(own);
    if !manifest.is_empty() {
        put(&machine, &Place::Segment(Name::new(MANIFEST).expect("a name")), &witnessed(manifest, own));
    }
    for part in parts {
        let (name, bytes) = part.split_at(part.iter().position(|&byte| byte == b'\n').unwrap_or(part.len()));
        let place = std::str::from_utf8(name).ok().and_then(Name::new).map(Place::Segment);
        if let Some(place) = place.filter(|place| machine.stamp(place).is_ok_and(|there| there.is_none())) {
            put(&machine, &place, bytes.get(1..).unwrap_or_default());
        }
    }
    let store = stored(&machine);
    let log = Storage::open(&store, &Place::Log).expect("opens");
    if log.len() > SMALL {
        return;
    }
    let whole = log_of(&machine.world()).expect("there");
    assert_eq!(whole.len() as u64, log.len());
    for (at, piece) in whole.chunks(97).enumerate() {
        assert_eq!(log.read_vec(at as u64 * 97, piece.len()).expect("read"), piece);
    }
    assert_eq!(said_by(&log).0, said_in_chunks(&whole, std::iter::empty()));
    log.troubles().expect("read");
    for command in 0..=DECOMPRESS {
        commanded(&machine, command, &whole);
    }
}

fn split(data: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut from = 0;
    for at in memchr::memmem::find_iter(data, BETWEEN) {
        parts.push(&data[from..at]);
        from = at + BETWEEN.len();
    }
    parts.push(&data[from..]);
    parts
}

/// The manifest with its witness set to the log's own file, because no fuzzer finds a digest.
fn witnessed(manifest: &[u8], own: &[u8]) -> Vec<u8> {
    let Some(mut read) = Manifest::read(manifest) else { return manifest.to_vec() };
    let len = read.after.witness.len.min(own.len() as u64);
    read.after.witness = LogState::of(&SliceSource(own), len).expect("in memory");
    let bytes = read.to_bytes();
    assert_eq!(Manifest::read(&bytes), Some(read), "a manifest that was read can be written");
    bytes
}

fn commanded(machine: &Machine, command: u8, whole: &[u8]) {
    let machine = Machine::from_world(machine.world());
    let store: Store = stored(&machine);
    let mut session = opened(&store);
    let now = sessions::NOW;
    match command {
        SEAL => drop(segment::seal::run(&mut session, 64, None, now, &mut go_on)),
        UNSEAL => drop(segment::seal::undo(&mut session, now, &mut go_on)),
        COMPRESS => drop(segment::compress::run(&mut session, &Zstd::default(), now, &mut go_on)),
        DECOMPRESS => drop(segment::compress::undo(&mut session, now, &mut go_on)),
        of_the_store => run_command(&mut session, of_the_store),
    }
    // A repair writes everything that it could read, and sets the rest aside.
    if command != REPAIR {
        sessions::kept(Some(whole), &machine.world(), "a hostile store");
    }
}

/// A hostile compressed file: if a reader accepts the segment as whole, its bytes equal the output of Zstandard's own
/// reader. The input is the segment's length, then the file.
pub(super) fn table(data: &[u8]) {
    let Some((len, file)) = data.split_first_chunk::<4>() else { return };
    let len = u64::from(u32::from_le_bytes(*len));
    if len == 0 || len > SMALL || Table::read(&SliceSource(file), len).is_err() {
        return;
    }
    let segment = Segment { from: 1, len, digest: String::new() };
    let mut plain = vec![0; usize::try_from(len).expect("small")];
    let (mut reader, archive) = (Reader::default(), OneFile(file));
    let whole = reader.read(&archive, &segment, 0, &mut plain).expect("in memory");
    if whole {
        match zstd::stream::decode_all(file) {
            Ok(all) => assert_eq!(all, plain),
            // Zstandard's own reader refuses a window that is larger than its limit, or smaller than a block. Our
            // reader needs no window, because it has room for the whole frame, and does not check it.
            Err(error) => {
                let words = error.to_string();
                let is_large = words.contains("too much memory");
                let is_small = words.contains("buffer is too small") || words.contains("corruption");
                assert!(is_large || is_small && has_small_window(file), "{words}");
            }
        }
    }
    for at in (0..plain.len()).step_by(plain.len() / 7 + 1) {
        let mut piece = vec![0; (plain.len() - at).min(1000)];
        reader.read(&archive, &segment, at as u64, &mut piece).expect("in memory");
        assert_eq!(piece, plain[at..at + piece.len()]);
    }
}

/// True if a frame says that its window is smaller than the largest block. Source: RFC 8878, 3.1.1.1.2.
fn has_small_window(file: &[u8]) -> bool {
    const LARGEST: u64 = 128 << 10;
    memchr::memmem::find_iter(file, &0xFD2F_B528_u32.to_le_bytes()).any(|at| {
        let &[descriptor, window, ..] = &file[at + 4..] else { return false };
        let base = 1_u64 << (10 + (window >> 3));
        let is_single_segment = descriptor & 0x20 != 0;
        !is_single_segment && base + base / 8 * u64::from(window & 7) < LARGEST
    })
}

/// An archive with one compressed file.
struct OneFile<'f>(&'f [u8]);

impl<'f> Archive for OneFile<'f> {
    type File = SliceSource<'f>;

    fn names(&self) -> Result<Vec<String>, SourceError> {
        Ok(Vec::new())
    }

    fn open(&self, name: &Name) -> Result<Option<SliceSource<'f>>, SourceError> {
        Ok(name.as_str().ends_with(".zst").then_some(SliceSource(self.0)))
    }
}

impl Decompress for OneFile<'_> {
    fn decompress(&self, frame: &[u8], plain: &mut [u8]) -> bool {
        Zstd::default().decompress(frame, plain)
    }
}
