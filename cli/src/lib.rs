//! The parts of the program `seedbed`.
//!
//! [`commands`] has the subcommands. All models of `seedbed new` take the same path: a list of
//! entries ([`models`] or [`spec`]) becomes a list of tensors with their distributions ([`plan`],
//! [`distribution`], [`recipe`]). The tensors are filled and written in tiles ([`write`](mod@write)) to a
//! place that may be written ([`target`]), measured on the way ([`measure`]), and compared with
//! theory ([`theory`], [`report`]).
//!
//! `seedbed new --like` makes its list from headers ([`like`], [`checkpoint`], [`header`]); its tensors may
//! have recipes of bytes and integers ([`packed`], [`float8`]).

pub mod checkpoint;
pub mod commands;
pub mod distribution;
pub mod entry;
pub mod failure;
pub mod float8;
pub mod header;
pub mod inspect;
pub mod kind;
pub mod like;
pub mod limits;
pub mod measure;
pub mod models;
pub mod ordered;
pub mod packed;
pub mod plan;
pub mod progress;
pub mod provenance;
pub mod recipe;
pub mod report;
pub mod spec;
pub mod target;
pub mod theory;
pub mod tiles;
pub mod verify;
pub mod write;
