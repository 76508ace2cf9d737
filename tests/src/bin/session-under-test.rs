//! The command line, built as a binary of the tests: `cargo test` builds no binary of another package.

use std::process::ExitCode;

fn main() -> ExitCode {
    jcode_session::program()
}
