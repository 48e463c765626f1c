//! Nothing: the tests are those of the patched crates.
