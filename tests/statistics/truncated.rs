//! The truncated normal distribution between pairs of bounds of every kind.

use seedbed::{Element, TruncatedNormal};

use crate::gauss;
use crate::support::{assert_counts, few, sample};

const INFINITY: f64 = f64::INFINITY;

/// Every way to sample it: straddling 0 or on one side, narrow, wide, far out; on either side of where
/// one way ends and another begins.
const BOUNDS: [[f64; 2]; 37] = [
    [-2.0, 2.0],
    [-3.0, 3.0],
    [-2.9, 3.0],
    [-1.0, 1.0],
    [-1.3, 1.4],
    [-0.5, 3.0],
    [-0.5, 1.9],
    [-3.0, 0.7],
    [-15.0, 16.0],
    [-0.001, 0.001],
    [-0.01, 0.03],
    [0.0, 0.5],
    [0.0, INFINITY],
    [-INFINITY, 0.0],
    [0.0, 13.9],
    [1e-9, INFINITY],
    [0.4, 2.0],
    [0.4, INFINITY],
    [0.97, 1.02],
    [0.999, INFINITY],
    [1.0, INFINITY],
    [1.0, 7.0],
    [1.5, 1.51],
    [2.19, INFINITY],
    [2.2, INFINITY],
    [2.3, 2.4],
    [3.0, INFINITY],
    [5.0, 5.0001],
    [6.0, INFINITY],
    [8.0, 9.0],
    [37.0, 38.0],
    [1000.0, 1001.0],
    [-INFINITY, 0.5],
    [-INFINITY, -4.0],
    [-7.0, -1.0],
    [-0.2, -0.1],
    [-41.0, -40.0],
];

const CELLS: usize = 1 << 12;

/// Counts distances from the bound nearer to 0, which a mean puts at 0 so that no digit of the
/// element type is lost.
fn follows<T: Element>(bounds: [f64; 2], count: u64) {
    let what = format!("{} in {bounds:?}", T::NAME);
    let mirrored = bounds[0] + bounds[1] < 0.0;
    let [a, b] = if mirrored { [-bounds[1], -bounds[0]] } else { bounds };
    // Beyond the reach there are 10^-13 of all.
    let reach = (b - a).min((60.0 + a.max(0.0).powi(2)).sqrt() - a);
    let mean = if mirrored { a } else { -a };
    let distribution = TruncatedNormal::<T>::new(mean, 1.0, bounds[0], bounds[1]).unwrap();
    let mut counts = vec![0; CELLS];
    sample(&distribution, &what, count, |values| {
        for x in values.iter().map(|x| x.to_f64()) {
            let beyond = if mirrored { -x } else { x };
            assert!(0.0 < beyond && beyond < b - a, "{what}: {beyond} from the nearer bound");
            counts[((beyond / reach * CELLS as f64) as usize).min(CELLS - 1)] += 1;
        }
    });
    let below = |i: usize| match i {
        CELLS => 1.0,
        _ => gauss::below_given(a + reach * i as f64 / CELLS as f64, a, b),
    };
    let p: Vec<f64> = (0..CELLS).map(|i| below(i + 1) - below(i)).collect();
    assert_counts(&what, &counts, &p);
}

#[test]
fn truncated_f32_follows_its_distribution() {
    BOUNDS.into_iter().for_each(|bounds| follows::<f32>(bounds, few(1 << 25)));
}

#[test]
fn truncated_f64_follows_its_distribution() {
    BOUNDS.into_iter().for_each(|bounds| follows::<f64>(bounds, few(1 << 25)));
}
