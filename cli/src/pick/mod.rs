//! The picker: one of many sessions, chosen in the terminal.
//!
//! Owns: the loop: draw, wait for a key, do what it means. [`state`] decides, [`draw`] shows, [`terminal`] is the only
//! part that knows a terminal.
//! Invariant: nothing is printed on standard output.

mod draw;
mod preview;
mod state;
mod terminal;

use preview::Previews;
pub(crate) use state::Row;
use state::{Outcome, State};
use std::io;
use std::path::Path;
use std::time::Duration;
use terminal::{Input, Screen};

/// How often it is looked whether a preview has come.
const LOOK: Duration = Duration::from_millis(50);

/// Lets the user choose; `None` if they leave. `read` reads the lines of a preview.
pub(crate) fn pick(
    rows: Vec<Row>,
    query: &str,
    read: impl Fn(&Path) -> Vec<String> + Send + 'static,
) -> io::Result<Option<Row>> {
    let mut state = State::new(rows, query);
    let mut previews = Previews::new(read);
    let mut screen = Screen::open()?;
    loop {
        let preview = state.marked().map(|row| previews.of(&row.path)).unwrap_or_default();
        screen.draw(|frame| draw::draw(frame, &state, preview))?;
        let pause = previews.waits().then_some(LOOK);
        if let Input::Key(key) = screen.input(pause)? {
            match state.press(key) {
                Outcome::GoesOn => {}
                Outcome::Chosen => return Ok(state.marked().cloned()),
                Outcome::Left => return Ok(None),
            }
        }
    }
}
