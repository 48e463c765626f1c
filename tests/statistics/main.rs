//! The distributions, the generator's words, and the tables.
//!
//! Seeds are fixed, so a test that passes stays so. Tolerances are 6 standard errors of a correct
//! sampler for a number by itself and 7 for the largest of many; distances and rare counts are of a
//! probability above 10^-6 and 10^-7.
//!
//! `SEEDBED_STATISTICS_FACTOR=100` makes every sample 100 times as large, `SEEDBED_STATISTICS_SEED` takes another
//! seed.

#[path = "../common/mod.rs"]
mod common;
mod dependence;
mod gauss;
mod half;
mod layers;
mod normal;
mod strips;
mod support;
mod tables;
mod truncated;
mod uniform;
mod words;
