#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| jcode_session_tests::fuzz::run("commit", data));
