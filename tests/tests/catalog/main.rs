//! The session index: lists that are never stale, whatever happens to sessions or index.

mod broken_index;
mod commands;
mod doctor;
mod harness;
mod hostile;
mod picker;
mod processes;
mod property;
