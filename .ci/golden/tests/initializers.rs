//! The module of the crate's test program `initializers` that a negative control must fail.

#[path = "../../../tests/initializers/orthogonal.rs"]
mod orthogonal;
