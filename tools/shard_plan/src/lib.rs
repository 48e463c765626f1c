//! The parts of the program `shard_plan`: the model with its split over the ranks, and what a rank does.

pub mod fill;
pub mod model;
