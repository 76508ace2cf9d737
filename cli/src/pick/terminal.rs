//! The terminal of the picker.
//!
//! Owns: raw mode and the other screen, and which keys mean what. All is drawn on standard error, so that standard output
//! carries nothing but the choice.
//! Invariant: however the picker ends, the terminal is as it was.

use super::state::Key;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use std::io::{self, Stderr};
use std::time::Duration;

/// The terminal while it belongs to the picker.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Stderr>>,
}

/// What came from the terminal.
pub(super) enum Input {
    Key(Key),
    /// It has another size, or a key means nothing.
    Other,
    /// Nothing came for a while.
    Nothing,
}

impl Screen {
    pub(super) fn open() -> io::Result<Self> {
        enable_raw_mode()?;
        let opened = execute!(io::stderr(), EnterAlternateScreen)
            .and_then(|()| Terminal::new(CrosstermBackend::new(io::stderr())));
        match opened {
            Ok(terminal) => Ok(Self { terminal }),
            Err(error) => {
                restore();
                Err(error)
            }
        }
    }

    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut ratatui::Frame<'_>)) -> io::Result<()> {
        self.terminal.draw(draw).map(|_| ())
    }

    /// Waits for what comes from the terminal; at most this long, if a time is given.
    pub(super) fn input(&self, at_most: Option<Duration>) -> io::Result<Input> {
        if let Some(time) = at_most
            && !event::poll(time)?
        {
            return Ok(Input::Nothing);
        }
        Ok(match event::read()? {
            Event::Key(event) if event.kind != KeyEventKind::Release => key(event).map_or(Input::Other, Input::Key),
            _ => Input::Other,
        })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.terminal.show_cursor();
        restore();
    }
}

/// There is nobody to tell that the terminal could not be restored.
fn restore() {
    let _ = execute!(io::stderr(), LeaveAlternateScreen);
    let _ = disable_raw_mode();
}

fn key(event: KeyEvent) -> Option<Key> {
    let is_control = event.modifiers.contains(KeyModifiers::CONTROL);
    Some(match event.code {
        KeyCode::Char(c) if is_control => match c {
            'c' | 'd' | 'g' => Key::Leave,
            'n' | 'j' => Key::Down,
            'p' | 'k' => Key::Up,
            'h' => Key::Erase,
            'w' => Key::EraseWord,
            'u' => Key::EraseAll,
            'm' => Key::Choose,
            _ => return None,
        },
        KeyCode::Char(c) if !event.modifiers.contains(KeyModifiers::ALT) => Key::Char(c),
        KeyCode::Backspace => Key::Erase,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::First,
        KeyCode::End => Key::Last,
        KeyCode::Enter => Key::Choose,
        KeyCode::Esc => Key::Leave,
        _ => return None,
    })
}
