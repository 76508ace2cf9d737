//! Times of entries: every way to write a moment gives the same milliseconds.

use jcode_session_core::log::time::{format, parse_text};
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_moment_reads_back_as_it_was_written(ms in -62_135_596_800_000..253_402_207_200_000i64) {
        let text = format(ms).expect("a year of four digits");
        prop_assert_eq!(parse_text(&text), Some(ms));
    }

    /// Digits that may or may not be a date: the usual form and an unusual one of the same moment agree.
    #[test]
    fn the_usual_form_is_judged_as_any_other(
        (year, month, day) in (0..10_000, 0..14, 0..33),
        (hour, minute, second, milli) in (0..26, 0..62, 0..62, 0..1000),
    ) {
        let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}");
        prop_assert_eq!(parse_text(&format!("{text}Z")), parse_text(&format!("{text}+00:00")));
    }
}
