//! Progress of long work: one bar over bytes, on a terminal only.
//!
//! Owns: the look of the bar. The work reports its bytes.
//! Invariant: the bar appears only once the work has taken a moment.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A progress bar, or nothing.
#[derive(Debug, Clone)]
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar over `total` bytes; `None` shows nothing.
    pub(super) fn new(total: Option<u64>, what: &str) -> Self {
        let Some(total) = total else { return Self(ProgressBar::hidden()) };
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(10));
        let template = "{prefix} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(what.to_string());
        Self(bar)
    }

    /// Advances the bar by this many bytes.
    pub fn advance(&self, bytes: u64) {
        self.0.inc(bytes);
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}
