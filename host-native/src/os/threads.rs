//! What a writer's threads meet at.
//!
//! Owns: the choice between the standard library's threads and locks and, with the feature `model`, those of a checker
//! that tries the orders in which they can run. Does not: add to either.

cfg_if::cfg_if! {
    if #[cfg(feature = "model")] {
        pub(crate) use shuttle::sync::{Arc, Condvar, Mutex, MutexGuard};
        pub(crate) use shuttle::thread;
    } else {
        pub(crate) use std::sync::{Arc, Condvar, Mutex, MutexGuard};
        pub(crate) use std::thread;
    }
}
