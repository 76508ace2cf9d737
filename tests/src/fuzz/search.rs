//! Segments of the search index: what is noted of a line holds every part of its texts, and bytes that are no segment, or
//! one that was damaged, give no answer.

use jcode_session_core::search::index::{BlockGrams, Need, Piece, Segment, SegmentBuilder, blocks_in};
use jcode_session_core::search::{Case, Filter, Query, Search, texts};
use jcode_session_core::source::SliceSource;
use jcode_session_core::source::identity::FileStamp;
use serde_json::json;

/// The blocks of a segment with one log that may hold what is needed; none if the segment gives no answer.
fn holding(segment: &[u8], need: &Need) -> Option<Vec<u32>> {
    let source = SliceSource(segment);
    let blocks = Segment::read(&source)?.holding(&source, need)?;
    Some(blocks.among(0, u32::MAX).collect())
}

pub(super) fn grams(data: &[u8]) {
    let words = String::from_utf8_lossy(data);
    let line = json!({"type": "message", "id": "a", "message": {"role": "user", "content": words}}).to_string();
    let (mut builder, mut grams) = (SegmentBuilder::new(), BlockGrams::new());
    let count = 1 + line.len() as u32 / 1000;
    blocks_in(&SliceSource(line.as_bytes()), 0..count, &mut grams, &mut |grams| builder.block(grams)).expect("a slice");
    builder.piece(Piece { path: data.to_vec(), stamp: FileStamp::default(), beside: 0, base: 0, first: 0, count });
    let segment = builder.finish(7);
    assert_eq!(Segment::read(&SliceSource(data)).is_some(), data == segment);
    let is_text = texts(line.as_bytes()).is_some_and(|entry| !entry.texts.is_empty());
    for word in words.split_inclusive(char::is_whitespace).chain([&*words]).filter(|word| is_text && !word.is_empty()) {
        for case in [Case::Smart, Case::Sensitive, Case::Insensitive] {
            let need = Search::new(Query::literals(&[word], case).expect("a word"), Filter::default()).need();
            assert_eq!(holding(&segment, &need).and_then(|blocks| blocks.first().copied()), Some(0), "{word:?}");
            let Some((&at, &flip)) = data.first().zip(data.last()) else { continue };
            let mut damaged = segment.clone();
            let at = usize::from(at) * damaged.len() / 256;
            damaged[at] ^= flip | 1;
            let (told, whole) = (holding(&damaged, &need), holding(&segment, &need));
            assert!(told.is_none() || told == whole, "{word:?} at {at}");
        }
    }
}
