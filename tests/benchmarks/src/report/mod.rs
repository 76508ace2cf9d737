//! Rendering: results as a document and as plots.

pub mod markdown;
pub mod plot;
mod reasons;
