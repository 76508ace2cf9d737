//! The threads and locks of a writer.
//!
//! Owns: the choice between the standard library and, with the feature `model`, a checker that tries the orders in
//! which threads can run.

cfg_if::cfg_if! {
    if #[cfg(feature = "model")] {
        pub(crate) use shuttle::sync::{Arc, Condvar, Mutex, MutexGuard};
        pub(crate) use shuttle::thread;
    } else {
        pub(crate) use std::sync::{Arc, Condvar, Mutex, MutexGuard};
        pub(crate) use std::thread;
    }
}
