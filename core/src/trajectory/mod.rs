//! A path of a session as a trajectory: one document of the Agent Trajectory Interchange Format.
//!
//! Owns: the document around the steps, their numbers, which results belong to which calls, and the sums.
//! Invariant: every entry of the path is in the document: as a step, as a result of one, or as it stands, in `extra` of
//! the step behind it. A result names a call of its own step, or none. Steps are handed out as soon as no result can be
//! added to them, so that memory does not grow with the path.
//! Source: ATIF v1.7, RFC 0001 of Harbor.

mod content;
mod message;
mod part;
mod step;

pub(crate) use content::{content_text, text};

use crate::session::{Usage, UsageReader};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde_json::{Map, Value, json};
use step::{Part, Source, Step};

/// The version of the format.
pub const VERSION: &str = "ATIF-v1.7";

/// What a document says of the session and its agent.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// The session's id.
    pub session_id: String,
    /// Key of the leaf, which tells the paths of a session apart.
    pub leaf: String,
    /// The agent's name.
    pub agent: String,
    /// Its version, if it is known.
    pub version: Option<String>,
    /// The model of most of the path.
    pub model: Option<String>,
    /// Title, folder and the like, as they are known.
    pub extra: Map<String, Value>,
}

/// Makes a document of the lines of a path. Each call hands out the next bytes of the document.
#[derive(Debug)]
pub struct Trajectory {
    about: About,
    /// Number of steps that were handed out.
    steps: u64,
    open: Option<Step>,
    /// Entries that are no steps, since the last one.
    beside: Vec<Value>,
    reader: UsageReader,
    total: Usage,
}

impl Trajectory {
    /// Begins a document.
    #[must_use]
    pub fn new(about: About) -> Self {
        Self {
            about,
            steps: 0,
            open: None,
            beside: Vec::new(),
            reader: UsageReader::default(),
            total: Usage::default(),
        }
    }

    /// The start of the document.
    #[must_use]
    pub fn begin(&self) -> Vec<u8> {
        let About { session_id, leaf, agent, version, model, .. } = &self.about;
        let mut about = Map::new();
        about.insert("name".into(), json!(agent));
        about.insert("version".into(), json!(version.as_deref().unwrap_or("unknown")));
        if let Some(model) = model {
            about.insert("model_name".into(), json!(model));
        }
        format!(
            "{{\"schema_version\":\"{VERSION}\",\"session_id\":{},\"trajectory_id\":{},\"agent\":{},\"steps\":[",
            json!(session_id),
            json!(format!("{session_id}#{leaf}")),
            Value::Object(about)
        )
        .into_bytes()
    }

    /// Takes the next line of the path.
    #[must_use]
    pub fn entry(&mut self, line: &[u8]) -> Vec<u8> {
        let usage = self.reader.of_line(line);
        if let Some(usage) = &usage {
            self.total.add(usage);
        }
        let mut out = Vec::new();
        for part in part::parts(line, usage) {
            match part {
                Part::Step(step) => {
                    self.hand_out(&mut out);
                    let mut step = *step;
                    step.beside = core::mem::take(&mut self.beside);
                    self.open = Some(step);
                }
                Part::Result(result) => {
                    let is_of_step =
                        |step: &Step| step.source == Source::Agent && step.has_call(result.call.as_deref());
                    if !self.open.as_ref().is_some_and(is_of_step) {
                        self.hand_out(&mut out);
                        // The call is not on the path, or another step stands between.
                        self.open = Some(Step::of_lost_result(core::mem::take(&mut self.beside)));
                    }
                    if let Some(step) = &mut self.open {
                        step.take(result);
                    }
                }
                Part::Beside(entry) => self.beside.push(entry),
            }
        }
        out
    }

    /// The end of the document. True if there was a step: a document without one is not valid.
    #[must_use]
    pub fn finish(mut self) -> (Vec<u8>, bool) {
        let mut out = Vec::new();
        self.hand_out(&mut out);
        let Usage { output, cache_read, cost, .. } = self.total;
        let mut metrics = Map::new();
        metrics.insert("total_prompt_tokens".into(), json!(self.total.prompt()));
        metrics.insert("total_completion_tokens".into(), json!(output));
        metrics.insert("total_cached_tokens".into(), json!(cache_read));
        if cost > 0.0 {
            metrics.insert("total_cost_usd".into(), json!(cost));
        }
        metrics.insert("total_steps".into(), json!(self.steps));
        out.extend_from_slice(format!("],\"final_metrics\":{}", Value::Object(metrics)).as_bytes());
        let mut extra = self.about.extra;
        if !self.beside.is_empty() {
            extra.insert("entries".to_owned(), Value::Array(self.beside));
        }
        if !extra.is_empty() {
            out.extend_from_slice(format!(",\"extra\":{}", Value::Object(extra)).as_bytes());
        }
        out.extend_from_slice(b"}\n");
        (out, self.steps > 0)
    }

    fn hand_out(&mut self, out: &mut Vec<u8>) {
        if let Some(step) = self.open.take() {
            if self.steps > 0 {
                out.push(b',');
            }
            self.steps += 1;
            out.extend_from_slice(b"\n");
            out.extend_from_slice(format!("{}", step.into_json(self.steps)).as_bytes());
        }
    }
}
