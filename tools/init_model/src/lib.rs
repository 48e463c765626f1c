//! The parts of the program `init_model`.
//!
//! One path for all models: a list of entries ([`models`] or [`spec`]) is resolved to laws
//! ([`plan`], [`law`]), filled and written a tensor at a time ([`write`]), measured on the way
//! ([`measure`]), and compared with theory ([`theory`], [`report`]).

pub mod cli;
pub mod failure;
pub mod law;
pub mod measure;
pub mod models;
pub mod plan;
pub mod report;
pub mod spec;
pub mod theory;
pub mod write;
