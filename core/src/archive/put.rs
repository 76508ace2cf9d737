//! Putting one object so that it is certain what the store holds.
//!
//! Owns: what the answers of a store mean.
//! Invariant: only an object that was read back, or whose put was plainly confirmed, counts as put. "It exists" proves
//! neither that ours is there nor that it is not: stores say so of a put that succeeded and whose answer was lost, and
//! of one that another put got in the way of.

/// What a store answers to "create this object, if there is none".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It was created.
    Stored,
    /// There is one, or one is being made.
    Exists,
    /// Nothing is known: a time-out, a lost connection, an error of the server.
    Unclear,
}

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Put it.
    Put,
    /// Read what is there.
    ReadBack,
    /// Ours is there.
    Done,
    /// Another object is there.
    Taken,
    /// The store kept giving no clear answer.
    GiveUp,
}

/// How often an object is put before the store is given up.
const TRIES: u8 = 4;

/// An object that is being put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PutOnce {
    step: Step,
    tries: u8,
}

impl Default for PutOnce {
    fn default() -> Self {
        Self { step: Step::Put, tries: TRIES }
    }
}

impl PutOnce {
    /// What is to be done next.
    #[must_use]
    pub const fn step(&self) -> Step {
        self.step
    }

    /// Takes the answer to a put.
    pub const fn answered(&mut self, answer: Answer) {
        self.tries -= 1;
        self.step = match answer {
            Answer::Stored => Step::Done,
            Answer::Exists | Answer::Unclear => Step::ReadBack,
        };
    }

    /// Takes what was read back: `None` if there is no such object, else whether it is ours.
    pub const fn read_back(&mut self, is_ours: Option<bool>) {
        self.step = match is_ours {
            Some(true) => Step::Done,
            Some(false) => Step::Taken,
            None if self.tries > 0 => Step::Put,
            None => Step::GiveUp,
        };
    }
}
