//! jcode v1 sessions through the engine, against an independent model of how jcode loads them.

mod bad_input;
mod fixtures;
mod growing;
mod properties;

use jcode_session_tests::v1_steps as harness;
