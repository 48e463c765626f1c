//! The same normal matrices from ndarray-rand, nalgebra, faer and rand, and from seedbed.

use faer::Mat;
use faer::stats::DistributionExt;
use faer::stats::prelude::CwiseMatDistribution;
use nalgebra::DMatrix;
use ndarray::Array2;
use ndarray_rand::RandomExt;
use ndarray_rand::rand::SeedableRng as _;
use rand::SeedableRng;
use rand_distr::Distribution;
use seedbed::{Initializer, Sample, Seed, Stream};
use seedbed_arrays as arrays;
use seedbed_times::{BLOCKS, LAYERS, POSITIONS, VOCABULARY, WIDTH, compare};

/// The matrices by their shapes, each made by `make` from its stream.
fn all<M>(mut make: impl FnMut(usize, usize, Stream) -> M) -> Vec<M> {
    let layers = LAYERS.map(|(_, rows, cols)| (rows, cols));
    let layers = layers.into_iter().cycle().take(BLOCKS * LAYERS.len());
    let shapes = [VOCABULARY, POSITIONS].map(|rows| (rows, WIDTH));
    let shapes = shapes.into_iter().chain(layers);
    (0_u64..).zip(shapes).map(|(i, (r, c))| make(r, c, Seed::from(42).stream(i))).collect()
}

fn main() {
    let initializer = Initializer::normal(0.0, 0.02).unwrap();
    // Each host's fastest way: one small generator and one distribution for all.
    let small = || rand::rngs::SmallRng::seed_from_u64(42);
    let small_0_9 = || ndarray_rand::rand::rngs::SmallRng::seed_from_u64(42);
    let normal_0_6 = rand_distr::Normal::new(0.0_f32, 0.02).unwrap();
    let normal_0_5 = ndarray_rand::rand_distr::Normal::new(0.0_f32, 0.02).unwrap();

    let own = || {
        let mut rng = small_0_9();
        all(|r, c, _| Array2::random_using((r, c), normal_0_5, &mut rng))
    };
    let ours = || {
        all(|r, c, stream| arrays::ndarray::array::<f32, _>(&initializer, (r, c), &stream).unwrap())
    };
    compare("ndarray-rand F32", own, ours);

    let own = || {
        let mut rng = small();
        all(|r, c, _| DMatrix::from_distribution(r, c, &normal_0_6, &mut rng))
    };
    let ours = || {
        all(|r, c, stream| arrays::nalgebra::matrix::<f32>(&initializer, r, c, &stream).unwrap())
    };
    compare("nalgebra F32", own, ours);

    let own = || {
        let mut rng = small_0_9();
        all(|nrows, ncols, _| -> Mat<f32> {
            CwiseMatDistribution { nrows, ncols, dist: normal_0_5 }.rand(&mut rng)
        })
    };
    let in_place = || {
        all(|r, c, stream| {
            let mut mat = Mat::<f32>::zeros(r, c);
            arrays::faer::fill(mat.as_mut(), &initializer, &stream).unwrap();
            mat
        })
    };
    compare("faer F32, in place", own, in_place);
    // What `MatRef::from_row_major_slice` borrows.
    let values = |r, c| initializer.for_shape::<f32>(&[r, c]).unwrap();
    let vectors = || all(|r, c, stream| values(r, c).to_vec(&stream).unwrap());
    compare("faer F32, borrowed", own, vectors);

    let own = || {
        let mut rng = small();
        all(|r, c, _| -> Vec<f32> { normal_0_6.sample_iter(&mut rng).take(r * c).collect() })
    };
    let normal = seedbed::Normal::new(0.0, 0.02).unwrap();
    let ours = || all(|r, c, stream| -> Vec<f32> { normal.sample_vec(r * c, &stream) });
    compare("rand and rand_distr F32", own, ours);
}
