//! A step of a trajectory, and how it is written.
//!
//! Owns: the fields of steps, calls and results.
//! Invariant: a field that the format allows only to agents stands only in their steps; empty fields are left out.

use crate::session::Usage;
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde_json::{Map, Value, json};

/// Who made a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    User,
    Agent,
    System,
}

/// A call of a tool.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) arguments: Map<String, Value>,
    /// Whether the log has the id, or it was made for the document.
    pub(super) is_named: bool,
}

/// What a call gave back.
#[derive(Debug, Default)]
pub(super) struct CallResult {
    pub(super) call: Option<String>,
    pub(super) content: String,
    pub(super) extra: Map<String, Value>,
}

/// A step.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) source: Source,
    pub(super) at: Option<String>,
    pub(super) model: Option<String>,
    pub(super) message: String,
    pub(super) reasoning: Vec<String>,
    pub(super) calls: Vec<Call>,
    pub(super) results: Vec<CallResult>,
    pub(super) usage: Option<Usage>,
    pub(super) extra: Map<String, Value>,
    /// Entries before it that are no steps.
    pub(super) beside: Vec<Value>,
}

/// What a line is in a trajectory.
#[derive(Debug)]
pub(super) enum Part {
    Step(Box<Step>),
    Result(CallResult),
    /// Neither: the entry as it stands.
    Beside(Value),
}

impl Step {
    pub(super) fn new(source: Source) -> Self {
        Self {
            source,
            at: None,
            model: None,
            message: String::new(),
            reasoning: Vec::new(),
            calls: Vec::new(),
            results: Vec::new(),
            usage: None,
            extra: Map::new(),
            beside: Vec::new(),
        }
    }

    /// A step for results whose call is in no step before them.
    pub(super) fn of_lost_result(beside: Vec<Value>) -> Self {
        let mut step = Self::new(Source::System);
        step.beside = beside;
        step
    }

    pub(super) fn has_call(&self, id: Option<&str>) -> bool {
        id.is_some_and(|id| self.calls.iter().any(|call| call.is_named && call.id == id))
    }

    /// Adds a result. A call that is not in this step is told beside the result: the format refuses it as its source.
    pub(super) fn take(&mut self, mut result: CallResult) {
        if !self.has_call(result.call.as_deref())
            && let Some(call) = result.call.take()
        {
            result.extra.insert("source_call_id".to_owned(), json!(call));
        }
        self.results.push(result);
    }

    pub(super) fn into_json(self, number: u64) -> Value {
        let is_agent = self.source == Source::Agent;
        let mut step = Map::new();
        let mut put = |name: &str, value: Value| drop(step.insert(name.to_owned(), value));
        put("step_id", json!(number));
        let source = match self.source {
            Source::User => "user",
            Source::Agent => "agent",
            Source::System => "system",
        };
        put("source", json!(source));
        put("message", json!(self.message));
        if let Some(at) = self.at {
            put("timestamp", json!(at));
        }
        if is_agent {
            if let Some(model) = self.model {
                put("model_name", json!(model));
            }
            if !self.reasoning.is_empty() {
                put("reasoning_content", json!(self.reasoning.join("\n\n")));
            }
            if !self.calls.is_empty() {
                put("tool_calls", self.calls.into_iter().map(Call::into_json).collect());
            }
            if let Some(usage) = self.usage {
                put("metrics", metrics(&usage));
                put("llm_call_count", json!(1));
            }
        }
        if !self.results.is_empty() {
            let results: Vec<Value> = self.results.into_iter().map(CallResult::into_json).collect();
            put("observation", json!({ "results": results }));
        }
        let mut extra = self.extra;
        if !self.beside.is_empty() {
            extra.insert("entries_before".to_owned(), Value::Array(self.beside));
        }
        if !extra.is_empty() {
            put("extra", Value::Object(extra));
        }
        Value::Object(step)
    }
}

impl Call {
    fn into_json(self) -> Value {
        json!({ "tool_call_id": self.id, "function_name": self.name, "arguments": self.arguments })
    }
}

impl CallResult {
    fn into_json(self) -> Value {
        let mut result = Map::new();
        if let Some(call) = self.call {
            result.insert("source_call_id".to_owned(), json!(call));
        }
        result.insert("content".to_owned(), json!(self.content));
        if !self.extra.is_empty() {
            result.insert("extra".to_owned(), Value::Object(self.extra));
        }
        Value::Object(result)
    }
}

fn metrics(usage: &Usage) -> Value {
    let mut metrics = Map::new();
    metrics.insert("prompt_tokens".to_owned(), json!(usage.prompt()));
    metrics.insert("completion_tokens".to_owned(), json!(usage.output));
    metrics.insert("cached_tokens".to_owned(), json!(usage.cache_read));
    if usage.cost > 0.0 {
        metrics.insert("cost_usd".to_owned(), json!(usage.cost));
    }
    if usage.cache_write > 0 {
        metrics.insert("extra".to_owned(), json!({ "cache_write_tokens": usage.cache_write }));
    }
    Value::Object(metrics)
}

/// The id of a call that the log gives none.
pub(super) fn made_id(entry: &str, number: usize) -> String {
    format!("{entry}:{number}")
}
