//! The archive: its forms, its protocol, and homes over stores that answer badly.

mod faults;
mod forms;
mod grows;
mod histories;
mod machine;
mod model;
mod opens;
mod pages;
mod relates;
