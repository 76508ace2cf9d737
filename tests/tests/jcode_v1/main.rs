//! jcode v1 sessions through the engine, against an independent model of how jcode loads them.

mod bad_input;
mod fixtures;
mod growing;
mod harness;
mod properties;
