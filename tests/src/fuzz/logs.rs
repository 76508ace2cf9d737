//! Targets that read logs.

use crate::differential::{BackToFront, NoView, compare, said_by, said_in_chunks, said_on};
use crate::oracle::read_log;
use jcode_session_core::dialect::{FileKind, check_upgrade, detect, present};
use jcode_session_core::log::Dialect;
use jcode_session_core::source::{ByteSource, SliceSource, go_on};

/// A scan gives the same result for any cut of the bytes. The first byte gives the number of following bytes that are
/// chunk sizes.
pub(super) fn scanner(data: &[u8]) {
    let Some((&count, rest)) = data.split_first() else { return };
    let (sizes, log) = rest.split_at(usize::from(count % 16).min(rest.len()));
    let whole = said_in_chunks(log, std::iter::empty());
    let cut = said_in_chunks(log, sizes.iter().map(|&size| usize::from(size) + 1).cycle().take(log.len()));
    assert_eq!(whole, cut);
    let mut read = Vec::new();
    for source in [&SliceSource(log) as &dyn ByteSource, &NoView(SliceSource(log))] {
        let (said, end) = said_by(source);
        assert_eq!(said, whole);
        read.push(end);
    }
    assert_eq!(read[0], read[1]);
    let piece = 1 + usize::from(count) % log.len().max(1);
    assert_eq!(said_on(&BackToFront { piece }, &SliceSource(log)), (whole, read[0]));
}

/// The engine reads what the oracle reads: rows, tree, labels and findings.
pub(super) fn entries(data: &[u8]) {
    compare(data, &read_log(data));
}

/// The upgrade of a log of any dialect loses nothing, and a second upgrade changes nothing.
pub(super) fn upgrade(data: &[u8]) {
    let old = SliceSource(data);
    let detected = detect(&old).expect("in memory");
    assert_eq!(detected, detect(&NoView(old)).expect("in memory"));
    let Ok(presented) = present(old, &detected, &mut go_on) else {
        assert!(detected.readable().is_err() && detected.finding().is_some());
        return;
    };
    let new = presented.read_vec(0, usize::try_from(presented.len()).expect("small")).expect("in memory");
    if detected.kind == FileKind::Foreign {
        // Other agents' sessions are not upgraded; their readers have oracles of their own.
        assert!(presented.as_is().is_none());
        return;
    }
    if !detected.dialect.is_older() {
        assert_eq!(new, data);
        return;
    }
    check_upgrade(&old, &SliceSource(&new), detected.dialect, &mut go_on).expect("nothing is lost");
    let again = detect(&SliceSource(&new)).expect("in memory");
    let presented = present(SliceSource(&new), &again, &mut go_on).expect("in memory");
    assert_eq!(again.dialect, Dialect::TreeV3);
    assert!(presented.as_is().is_some());
}
