//! The stand-alone binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    jcode_session::program()
}
