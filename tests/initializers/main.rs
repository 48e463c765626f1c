//! Initializers: their formulas and fans, the systems' names and configurations, rules, and parts of
//! tensors.

#[path = "../common/mod.rs"]
mod common;
mod errors;
mod fans;
mod initializers;
mod keras3;
mod layouts;
mod names;
mod orthogonal;
mod parts;
mod registry;
mod rules;
mod shards;
mod stacks;
mod system_cases;
