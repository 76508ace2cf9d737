//! Rows as entries.
//!
//! Owns: what each row is: a prompt, a response in steps of which each is followed by the results of its calls, a
//! compaction; and where the conversation was, if it was taken back.
//! Invariant: rows follow one another. Does not: write what they say; `voice` does.

use super::voice::{Piece, pieces, step_count, tools};
use crate::dialect::foreign::{Call, EntryIds, LogHeader, Name, Origin, Outline, Show, name, session_id};
use crate::dialect::members::Members;
use crate::json::text::integer;
use crate::log::Record;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What a row is.
#[derive(Debug)]
enum Kind {
    Prompt {
        is_injected: bool,
    },
    /// The calls of each step that have a result.
    Response {
        model: Name,
        steps: Vec<Vec<(usize, Call)>>,
    },
    Compaction,
    Model(Name),
    Title(Name),
    Other,
}

/// A row.
#[derive(Debug)]
struct Row {
    kind: Kind,
    of: Origin,
}

/// All rows, in their order.
#[derive(Debug, Default)]
pub(super) struct Rows {
    all: Vec<Row>,
    session: String,
    parent: String,
    cwd: String,
    created_at: Option<i64>,
    /// The message before which the conversation was.
    reverted: String,
}

impl Rows {
    /// Takes the next row.
    pub(super) fn take(&mut self, record: &Record<'_>) {
        let row = Members::of_record(record);
        let time = row.get("time_created").and_then(integer);
        let kind = match &*row.text("type") {
            "opencode_session" | "opencode_state" => self.session(&row, time),
            "opencode_message" => message(&row),
            "opencode_session_message" => newer_message(&row),
            _ => Kind::Other,
        };
        let is_session = matches!(&*row.text("type"), "opencode_session" | "opencode_state");
        let own = name(&row, "id").filter(|_| !is_session);
        let sources = alloc::vec![(record.offset, record.bytes.len() as u64)];
        self.all.push(Row { kind, of: Origin { sources, own, time, agent: None } });
    }

    fn session(&mut self, row: &Members<'_>, time: Option<i64>) -> Kind {
        self.session = row.text("id").to_string();
        self.parent = row.text("parent_id").to_string();
        // In no project the directory is the root, which is none.
        self.cwd = Some(row.text("directory")).filter(|cwd| cwd != "/").unwrap_or_default().to_string();
        self.created_at = time;
        self.reverted = row.object("revert").text("messageID").to_string();
        match row.text("title") {
            title if title.is_empty() => Kind::Other,
            title => Kind::Title((&*title).into()),
        }
    }

    /// The header, and the entries.
    pub(super) fn outline(self) -> (LogHeader, Outline) {
        let created_at = self.created_at.or_else(|| self.all.iter().find_map(|row| row.of.time));
        let header = LogHeader {
            id: session_id(&self.session),
            created_at,
            cwd: self.cwd,
            is_sub_agent: !self.parent.is_empty(),
            parent: Some(&self.parent).filter(|parent| !parent.is_empty()).map(|parent| session_id(parent)),
        };
        let ids = EntryIds::new(&header.id, self.all.iter().filter_map(|row| row.of.own.as_deref()));
        let mut outline = Outline::new(ids, created_at.unwrap_or_default());
        let mut back = None;
        for row in self.all {
            if !self.reverted.is_empty() && row.of.own.as_deref() == Some(&*self.reverted) {
                back = Some(outline.last(None));
            }
            row.entries(&mut outline);
        }
        if let Some(back) = back {
            outline.go_to(None, back);
        }
        outline.end();
        (header, outline)
    }
}

impl Row {
    fn entries(self, outline: &mut Outline) {
        let Self { kind, of } = self;
        match kind {
            Kind::Prompt { is_injected } => {
                outline.push(&of, Show::User { is_injected });
            }
            Kind::Response { model, steps } => {
                for (number, results) in steps.into_iter().enumerate() {
                    outline.push(&of, Show::Response { model: model.clone(), number });
                    for (number, call) in results {
                        outline.push(&of, Show::Result { number, call });
                    }
                }
            }
            Kind::Compaction => {
                outline.push(&of, Show::Compaction { tokens: 0 });
            }
            Kind::Model(model) => {
                outline.push(&of, Show::Custom);
                outline.model(&of, &model);
            }
            Kind::Title(title) => {
                outline.push(&of, Show::Custom);
                outline.title(&of, &title);
            }
            Kind::Other => {
                outline.push(&of, Show::Custom);
            }
        }
    }
}

/// A message of the first schema, with its parts.
fn message(row: &Members<'_>) -> Kind {
    let data = row.object("data");
    let pieces = pieces(row);
    let is = |piece: &Piece<'_>, kind: &str| piece.text("type") == kind;
    match &*data.text("role") {
        "assistant" if data.get("summary") == Some(b"true") => Kind::Compaction,
        "assistant" => Kind::Response { model: (&*data.text("modelID")).into(), steps: steps(&pieces) },
        "user" if pieces.iter().any(|piece| is(piece, "compaction")) => Kind::Other,
        "user" => {
            let mut texts = pieces.iter().filter(|piece| is(piece, "text")).peekable();
            let has_any = texts.peek().is_some();
            Kind::Prompt { is_injected: has_any && texts.all(|text| text.get("synthetic") == Some(b"true")) }
        }
        _ => Kind::Other,
    }
}

/// A message of the second schema.
fn newer_message(row: &Members<'_>) -> Kind {
    let data = row.object("data");
    let model = data.object("model");
    match &*row.text("message_type") {
        "user" => Kind::Prompt { is_injected: false },
        "synthetic" => Kind::Prompt { is_injected: true },
        "assistant" => Kind::Response { model: (&*model.text("id")).into(), steps: steps(&pieces(row)) },
        "compaction" if data.has("summary") => Kind::Compaction,
        "model-switched" if !model.text("id").is_empty() => Kind::Model((&*model.text("id")).into()),
        _ => Kind::Other,
    }
}

/// The answered calls of each step, by their number among the parts.
fn steps(pieces: &[Piece<'_>]) -> Vec<Vec<(usize, Call)>> {
    let mut steps = Vec::new();
    steps.resize_with(step_count(pieces), Vec::new);
    for (number, tool) in tools(pieces).into_iter().enumerate().filter(|(_, tool)| tool.output.is_some()) {
        if let Some(step) = steps.get_mut(tool.step) {
            step.push((number, Call { id: (&*tool.id).into(), tool: (&*tool.name).into() }));
        }
    }
    steps
}
