//! The parts of the program `words`: the patterns that it writes.

pub mod pattern;
