//! The parts of the program `processes`: the file's layout, a rank's work, and the check of the file.

mod check;
pub mod layout;
pub mod rank;
