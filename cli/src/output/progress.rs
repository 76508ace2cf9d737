//! Progress of long work: one bar over bytes, on a terminal only.
//!
//! Owns: the look of the bar. The work reports its bytes.
//! Invariant: the bar appears only once the work has taken a moment.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::Once;
use std::time::Duration;

/// Work that ends within this time shows no bar.
const MOMENT: Duration = Duration::from_millis(300);

const OF_A_TOTAL: &str = "{prefix} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta} left";
const COUNTED: &str = "{prefix} {bytes} {bytes_per_sec}";

/// A progress bar, or nothing.
#[derive(Debug)]
pub struct Progress(Option<(ProgressBar, Once)>);

impl Progress {
    /// Shows nothing.
    #[must_use]
    pub const fn hidden() -> Self {
        Self(None)
    }

    /// A bar over `total` bytes; without a total, bytes are counted.
    pub(super) fn new(total: Option<u64>, what: &str) -> Self {
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(if total.is_some() { OF_A_TOTAL } else { COUNTED }) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(what.to_string());
        Self(Some((bar, Once::new())))
    }

    /// Advances the bar by this many bytes.
    pub fn advance(&self, bytes: u64) {
        let Some((bar, appears)) = &self.0 else { return };
        bar.inc(bytes);
        if !appears.is_completed() && bar.elapsed() >= MOMENT {
            appears.call_once(|| bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10)));
        }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        if let Some((bar, _)) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
