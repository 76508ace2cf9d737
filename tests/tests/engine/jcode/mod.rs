//! The layer for a jcode that keeps its sessions here, against jcode's own state in memory.

mod also_v1;
mod bad_input;
mod companions;
mod end;
mod model;
mod property;
