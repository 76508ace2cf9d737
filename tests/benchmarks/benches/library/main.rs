//! The library, piece by piece, under criterion: `cargo bench -p jcode-session-bench`.
//!
//! Owns: the list of groups. What belongs beside a floor or a peer is measured by `session-bench` instead.

mod data;
mod lists;
mod read;
mod scan;
mod v1;
mod write;

use criterion::{Criterion, criterion_group, criterion_main};
use std::time::Duration;

fn settings() -> Criterion {
    // Sidecars are built by reading maps, as the command line does.
    jcode_session_native::os::map::install_guard();
    let (warm_up, measured) = (Duration::from_millis(500), Duration::from_secs(2));
    Criterion::default().warm_up_time(warm_up).measurement_time(measured).sample_size(20).without_plots()
}

criterion_group! {
    name = library;
    config = settings();
    targets = scan::bench, read::bench, write::bench, lists::bench, v1::bench
}
criterion_main!(library);
