//! The parts of the program `seedbed`.
//!
//! [`commands`] has the subcommands. All models of `seedbed new` take the same path: a list of
//! entries ([`models`] or [`spec`]) becomes a list of tensors with their distributions ([`plan`],
//! [`distribution`]). The tensors are filled and written one at a time ([`write`](mod@write)) to a
//! place that may be written ([`target`]), measured on the way ([`measure`]), and compared with
//! theory ([`theory`], [`report`]).
//!
//! `seedbed new --like` takes another path ([`like`]): headers ([`checkpoint`], [`header`]) become files whose
//! tensors have recipes ([`recipe`], [`packed`], [`float8`]) and are written in tiles.

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
pub mod provenance;
pub mod recipe;
pub mod report;
pub mod spec;
pub mod target;
pub mod theory;
pub mod tiles;
pub mod verify;
pub mod write;
