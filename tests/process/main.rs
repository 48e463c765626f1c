//! What needs a process: its memory, its threads, its children.

#[path = "../common/mod.rs"]
mod common;
mod faults;
