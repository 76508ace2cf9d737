//! What the project's tests share.

pub mod crash_storage;
