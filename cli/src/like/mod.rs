//! Random checkpoints with the names, shapes and files of another: `seedbed new --like`.
//!
//! Headers ([`checkpoint`](crate::checkpoint)) become the list of files that are written ([`list`]); every
//! tensor gets its recipe ([`rules`], [`defaults`], [`published`]) before a byte is written; the files are
//! [written](mod@crate::write) tile by tile, and what lies beside them is copied ([`beside`]).

pub mod beside;
pub mod defaults;
pub mod list;
pub mod plan;
pub mod published;
pub mod rank;
pub mod rules;
pub mod table;
