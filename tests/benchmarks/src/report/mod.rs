//! Rendering: results as a document and as plots. Owns: how they look. Does not: measure.

pub mod markdown;
pub mod plot;
mod reasons;
