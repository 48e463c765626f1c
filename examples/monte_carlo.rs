//! Prices an option by simulation: on any number of threads, to the same bits.
//!
//! `cargo run --example monte_carlo` prints
//!
//! ```text
//! simulated 7.128, exact 7.128
//! ```

use rayon::prelude::*;
use seedbed::{Distribution, Error, Exec, Normal, Sample, Seed};

const BATCH: u64 = 1 << 12;
const BATCHES: u64 = 64;

fn main() -> Result<(), Error> {
    let [spot, strike, rate, volatility] = [100.0, 105.0, 0.03, 0.2]; // in one year
    let normal = Normal::<f64>::new(0.0, 1.0)?;
    let stream = Seed::from(42).stream("paths of the underlying");
    let drift: f64 = rate - volatility * volatility / 2.0;
    let payoff = |z: f64| (spot * (drift + volatility * z).exp() - strike).max(0.0);

    // A batch has its own place in the stream, and so the same values on whatever thread. Each value is
    // used on both sides, as z and as -z, which takes out noise.
    let batch = |number: u64| -> Result<f64, Error> {
        let start = stream.at(number * BATCH)?;
        let z = normal.with(Exec::sequential()).sample_vec(BATCH as usize, &start);
        Ok(z.iter().map(|&z| payoff(z) + payoff(-z)).sum::<f64>() / (2 * BATCH) as f64)
    };
    let price = |threads| -> Result<f64, Error> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let means: Result<Vec<f64>, Error> =
            pool.install(|| (0..BATCHES).into_par_iter().map(batch).collect());
        // A sum depends on the order of its terms: the batches are added in theirs.
        Ok((-rate).exp() * means?.iter().sum::<f64>() / BATCHES as f64)
    };
    let simulated = price(1)?;
    assert_eq!([price(2)?, price(7)?], [simulated; 2]);

    // The formula of Black and Scholes.
    let below = |z| Distribution::from(normal).probability(f64::NEG_INFINITY, z);
    let d = ((spot / strike).ln() + rate) / volatility + volatility / 2.0;
    let exact = spot * below(d) - strike * (-rate).exp() * below(d - volatility);
    println!("simulated {simulated:.3}, exact {exact:.3}");
    Ok(())
}
