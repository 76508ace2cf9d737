//! Input by hand: what generated sessions do not hold.
