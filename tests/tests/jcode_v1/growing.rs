//! Growth by hand: native entries, divergence, and what a log keeps.
