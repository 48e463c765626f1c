//! The reference against the crate, bit for bit, at every level of the machine.

use half::{bf16, f16};
use reference::{Distribution, Path, Type, absorb, seed, seed_of_bytes, sparse, words};
use seedbed::{
    Constant, Element, Exec, Initializer, Level, Normal, Sample, Seed, Stream, StreamPath,
    TruncatedNormal, Uniform,
};

/// An element type of the crate.
trait Bits: Element {
    const TYPE: Type;
    /// Elements of a block and of a chunk, by the document.
    const SIZES: [u64; 2];
    fn bits(self) -> u64;
}

macro_rules! bits {
    ($($t:ty: $ty:ident $sizes:expr),*) => {$(
        impl Bits for $t {
            const TYPE: Type = Type::$ty;
            const SIZES: [u64; 2] = $sizes;
            fn bits(self) -> u64 {
                self.to_bits().into()
            }
        }
    )*};
}

bits!(f32: F32 [1 << 12, 1 << 19], f64: F64 [1 << 11, 1 << 18]);
bits!(f16: F16 [1 << 12, 1 << 19], bf16: Bf16 [1 << 12, 1 << 19]);

const NAME: &str = "reference.weight";

fn stream() -> Stream {
    Seed::from(18).stream(NAME)
}

fn state() -> [u64; 4] {
    absorb(seed(18), &Path::Name(NAME.to_owned()))
}

/// Compares fills of the crate with the reference: at the stream's start, across the edge of a chunk, and
/// in random places up to the stream's end.
fn compare<T: Bits>(distribution: impl Sample<T> + Copy, expected: Distribution) -> usize {
    let [block, chunk] = T::SIZES;
    let end = 1 << 60;
    let mut windows = vec![
        (0, 3 * block as usize + 5),
        (chunk - block - 3, 2 * block as usize),
        (5 * chunk - 17, 40),
        (end - 100, 100),
    ];
    // Short windows at random offsets, of any magnitude.
    windows
        .extend(words(state(), 1, 12).iter().zip(0..).map(|(word, i)| (word >> 4 >> (5 * i), 37)));
    for &(offset, len) in &windows {
        let expected = expected.fill(T::TYPE, state(), offset, len);
        for level in Level::available() {
            let exec = Exec::sequential().level(level).unwrap();
            let values = distribution.with(exec).sample_vec(len, &stream().at(offset).unwrap());
            for (i, (value, expected)) in values.into_iter().zip(&expected).enumerate() {
                let (bits, i) = (value.bits(), offset + i as u64);
                assert_eq!(bits, *expected, "{:?} {level}: element {i} is {value:?}", T::TYPE);
            }
        }
    }
    windows.iter().map(|(_, len)| len).sum::<usize>() * Level::available().count()
}

/// The least normal number that is computed with.
fn least_normal<T: Bits>() -> f64 {
    if T::TYPE == Type::F64 { f64::MIN_POSITIVE } else { f32::MIN_POSITIVE.into() }
}

fn compare_wholes<T: Bits>() -> usize {
    let tiny = least_normal::<T>();
    let uniform = |low, high| {
        compare::<T>(Uniform::new(low, high).unwrap(), Distribution::Uniform { low, high })
    };
    let normal = |mean, std| {
        compare::<T>(Normal::new(mean, std).unwrap(), Distribution::Normal { mean, std })
    };
    uniform(-0.3, 0.7)
        + uniform(0.0, 1.0)
        + uniform(1.0, 1.25)
        + uniform(-1.0, -1e-9)
        + uniform(-0.3 * tiny, 0.7 * tiny)
        + uniform(0.0, 1.5 * tiny)
        + uniform(0.1, 0.1)
        + normal(0.0, 1.0)
        + normal(-0.25, 1.5)
        + normal(0.0, 1e-39)
        + normal(1e-3, 0.0)
}

const INFINITE: f64 = f64::INFINITY;

fn compare_sigmas<T: Bits>(mean: f64, std: f64, bounds: &[[f64; 2]]) -> usize {
    let compared = bounds.iter().map(|&[a, b]| {
        let truncated = TruncatedNormal::new(mean, std, a, b).unwrap();
        compare::<T>(truncated, Distribution::truncated(mean, std, [a, b]))
    });
    compared.sum()
}

fn compare_absolute<T: Bits>(mean: f64, std: f64, bounds: &[[f64; 2]]) -> usize {
    let compared = bounds.iter().map(|&[low, high]| {
        let truncated = TruncatedNormal::absolute(mean, std, low, high).unwrap();
        compare::<T>(truncated, Distribution::truncated_between(mean, std, [low, high]))
    });
    compared.sum()
}

/// Two and three sigma, the whole and the halves.
fn compare_ziggurats<T: Bits>() -> usize {
    let ziggurats = [[-2.0, 2.0], [-3.0, 3.0], [-20.0, INFINITE], [-14.0, 14.0]];
    let halves = [[0.0, INFINITE], [-INFINITE, 0.0], [0.0, 14.0], [-20.0, -0.0]];
    compare_sigmas::<T>(0.25, 0.5, &ziggurats)
        + compare_sigmas::<T>(0.0, 0.02, &ziggurats)
        + compare_sigmas::<T>(0.1, 0.0, &[[-2.0, 2.0]])
        + compare_sigmas::<T>(-0.3, 0.7, &halves)
        + compare_sigmas::<T>(0.0, 0.02, &halves[..2])
        + compare_absolute::<T>(1.0, 0.5, &[[0.0, 2.0], [-0.5, 2.5], [1.0, 1e3], [-1e3, 1.0]])
        + compare_absolute::<T>(0.0, 1.0, &[[-14.0, 1e4], [0.0, INFINITE]])
}

/// Strips of each layout, on either side.
fn compare_strips<T: Bits>() -> usize {
    let straddling = [[-0.5, 1.5], [-1.0, 1.0], [-0.5, INFINITE], [-INFINITE, 0.3], [-13.5, 13.9]];
    let one_sided = [[0.0, 1.0], [-1.0, 0.0], [0.5, 3.0], [-3.0, -0.5], [0.7, INFINITE]];
    let outer = [[1.0, 2.2], [-2.2, -1.0], [1.5, INFINITE], [-INFINITE, -1.2], [2.1, 2.5]];
    let tail = [[2.2, 5.0], [3.0, INFINITE], [-INFINITE, -3.0], [-8.0, -6.0], [40.0, INFINITE]];
    compare_sigmas::<T>(0.25, 0.5, &straddling)
        + compare_sigmas::<T>(-0.3, 0.7, &one_sided)
        + compare_sigmas::<T>(0.1, 1.3, &outer)
        + compare_sigmas::<T>(0.1, 1.3, &tail)
        + compare_absolute::<T>(0.1, 0.7, &[[-0.3, 0.9], [2.0, 2.1], [-INFINITE, -1.0]])
        + compare_absolute::<T>(-3.0, 1.0, &[[0.0, 1.0], [-2.0, INFINITE]])
        + compare_absolute::<T>(0.0, 1.0, &[[1e4, INFINITE], [-INFINITE, -1e4]])
}

/// Intervals of one strip, whose bounds are near 0 so that each type has numbers between them.
fn compare_single_strips<T: Bits>() -> usize {
    compare_sigmas::<T>(-0.25, 0.5, &[[0.5, 0.51], [0.5, 0.5001]])
        + compare_sigmas::<T>(0.25, 0.5, &[[-0.51, -0.5]])
        + compare_sigmas::<T>(0.0, 0.5, &[[-0.003, 0.002], [-0.002, 0.003], [0.0, 0.01]])
        + compare_sigmas::<T>(-0.75, 0.5, &[[1.5, 1.501]])
        + compare_sigmas::<T>(0.75, 0.5, &[[-1.501, -1.5]])
        + compare_sigmas::<T>(-2.5, 0.5, &[[5.0, 5.002]])
        + compare_sigmas::<T>(2.5, 0.5, &[[-5.002, -5.0]])
        + compare_absolute::<T>(-1.0, 0.01, &[[0.0, 1e-6]])
}

/// Deviations, or steps, below the least normal number.
fn compare_tiny<T: Bits>() -> usize {
    let tiny = least_normal::<T>();
    let all = [
        [-2.0, 2.0],
        [-0.5, 1.5],
        [0.0, INFINITE],
        [-INFINITE, -1.2],
        [3.0, INFINITE],
        [-INFINITE, INFINITE],
    ];
    let mut compared = compare_sigmas::<T>(0.0, 0.3 * tiny, &all)
        + compare_sigmas::<T>(0.0, 1e3 * tiny, &[[5e3, INFINITE], [-INFINITE, -5e3]]);
    // f16 has no number between the bounds.
    if T::TYPE != Type::F16 {
        compared += compare_sigmas::<T>(0.4 * tiny, 0.3 * tiny, &[[-0.5, 0.7], [-2.0, 2.0]])
            + compare_sigmas::<T>(0.0, 2.0 * tiny, &[[2.2, 9.0], [-9.0, -2.5]])
            + compare_absolute::<T>(-5.0 * tiny, tiny, &[[0.0, 0.01 * tiny]]);
    }
    compared
}

/// Deviations so large that differences of values overflow, or that they do themselves.
fn compare_huge<T: Bits>() -> usize {
    let most = match T::TYPE {
        Type::F64 => f64::MAX,
        Type::F16 => 65504.0,
        _ => f32::MAX.into(),
    };
    let compared = compare_sigmas::<T>(0.0, 0.9 * most, &[[-1.0, 1.0], [0.0, 1.0], [-0.3, -0.299]])
        + compare_sigmas::<T>(-0.7 * most, 0.4 * most, &[[1.75, 2.4], [-0.1, 2.4]])
        + compare_absolute::<T>(0.0, most, &[[0.1 * most, 0.104 * most]]);
    if T::TYPE == Type::F64 {
        return compared;
    }
    compared
        + compare_sigmas::<T>(-0.95 * most, 0.6 * most, &[[-0.01, 3.0], [2.2, 3.0], [1.3, 3.2]])
        + compare_absolute::<T>(0.0, 1e9 * most, &[[-0.9 * most, 0.8 * most]])
        + compare_absolute::<T>(0.0, 3.0 * most, &[[0.0, 0.003 * most], [-0.5 * most, 0.6 * most]])
}

/// A mean that is a thousand and more deviations from 0.
fn compare_far<T: Bits>() -> usize {
    let std = match T::TYPE {
        Type::F64 => 1e-9,
        Type::F32 => 1e-3,
        Type::F16 => 4.0,
        Type::Bf16 => 32.0,
    };
    let bounds = [[-1.3, 0.4], [0.0, INFINITE], [0.5, 2.0], [1.2, 2.0], [-5.0, -3.0], [-3.0, 3.0]];
    compare_sigmas::<T>(1000.1, std, &bounds) + compare_sigmas::<T>(-1000.1, std, &bounds)
}

fn compare_all<T: Bits>() -> usize {
    compare_wholes::<T>()
        + compare_ziggurats::<T>()
        + compare_strips::<T>()
        + compare_single_strips::<T>()
        + compare_tiny::<T>()
        + compare_huge::<T>()
        + compare_far::<T>()
}

#[test]
fn every_value_is_that_of_the_crate() {
    let compared =
        compare_all::<f32>() + compare_all::<f64>() + compare_all::<f16>() + compare_all::<bf16>();
    println!("{compared} values compared");
}

fn constants<T: Bits>() {
    // Halfway between numbers of 16 bits, and just above: one rounding, from f64.
    for unit in [2f64.powi(-11), 2f64.powi(-8), 2f64.powi(-24)] {
        for value in [0.1, -0.0, 1.0 + unit, 1.0 + unit + 2f64.powi(-40), 3.0 * unit, 1e-7, -3e-8] {
            for value in [value, -value] {
                let constant = Constant::<T>::new(value).unwrap();
                let expected = Distribution::Constant { value }.fill(T::TYPE, state(), 0, 1);
                assert_eq!(vec![constant.value().bits()], expected, "{value:e} as {:?}", T::TYPE);
            }
        }
    }
}

#[test]
fn constants_are_rounded_once() {
    constants::<f32>();
    constants::<f64>();
    constants::<f16>();
    constants::<bf16>();
}

#[test]
fn streams_are_those_of_the_crate() {
    let bytes: [u8; 32] = std::array::from_fn(|i| (i * 37) as u8);
    let names = ["", "7", "encoder", "encoder.0", "encoder.é.weight", &"long.".repeat(60)];
    let paths = names.map(|name| (StreamPath::Name(name), Path::Name(name.to_owned())));
    let indices = [0, 7, u64::MAX].map(|i| (StreamPath::Index(i), Path::Index(i)));
    let paths: Vec<_> = paths.into_iter().chain(indices).collect();
    let seeds = [0, 42, u64::MAX].map(|s| (Seed::from(s), seed(s)));
    for (own, expected) in seeds.into_iter().chain([(bytes.into(), seed_of_bytes(bytes))]) {
        for (own_path, path) in &paths {
            let (stream, state) = (own.stream(*own_path), absorb(expected, path));
            same_words(&stream, state);
            same_words(&stream.child(*own_path), absorb(state, path));
        }
    }
}

fn same_words(stream: &Stream, state: [u64; 4]) {
    for offset in [0, 3, (1 << 18) - 5, (1 << 60) - 12] {
        let mut own = [0; 12];
        stream.at(offset).unwrap().words_into(&mut own);
        assert_eq!(own.to_vec(), words(state, offset, 12), "at {offset}");
    }
}

fn compare_sparse<T: Bits>(shape: [usize; 2], count: usize) {
    use seedbed::init::{Nonzeros, SparseAxis};
    for (axis, by_columns) in [(SparseAxis::Column, true), (SparseAxis::Row, false)] {
        let initializer = Initializer::sparse(axis, Nonzeros::Exactly(count), 0.1).unwrap();
        let values = initializer.for_shape::<T>(&shape).unwrap().to_vec(&stream()).unwrap();
        let bits: Vec<_> = values.into_iter().map(Bits::bits).collect();
        let expected = sparse(T::TYPE, state(), shape, by_columns, count, 0.1);
        assert!(bits == expected, "{shape:?}, {count} by {axis:?}");
    }
}

#[test]
fn sparse_matrices_are_those_of_the_crate() {
    for (shape, count) in [([30, 30], 7), ([70, 101], 70), ([101, 70], 41), ([9, 9], 0)] {
        compare_sparse::<f32>(shape, count);
        compare_sparse::<f64>(shape, count);
        compare_sparse::<f16>(shape, count);
        compare_sparse::<bf16>(shape, count);
    }
}

/// `gain H_0 .. H_(n-1) [D; 0]` of these Gaussians, by the definition: row-major, `m x n`.
fn haar(gaussians: &[f64], m: usize, n: usize, gain: f64) -> Vec<f64> {
    let norm = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
    let vectors: Vec<_> = (0..n).map(|k| &gaussians[k * m + k..(k + 1) * m]).collect();
    let sign = |k: usize| {
        let sign = if vectors[k][0] >= 0.0 { -1.0 } else { 1.0 };
        if m - k == 1 { -sign } else { sign }
    };
    let mut q = vec![0.0; m * n];
    (0..n).for_each(|k| q[k * n + k] = gain * sign(k));
    for k in (0..n).rev().filter(|k| m - k > 1) {
        let mut v = vectors[k].to_vec();
        v[0] -= sign(k) * norm(&v);
        let square = norm(&v).powi(2);
        for col in 0..n {
            let dot: f64 = v.iter().enumerate().map(|(i, v)| v * q[(k + i) * n + col]).sum();
            v.iter().enumerate().for_each(|(i, v)| q[(k + i) * n + col] -= 2.0 * dot / square * v);
        }
    }
    q
}

/// The Gaussians of an orthogonal matrix and what is made of them, to the tolerance of the computation.
#[test]
fn orthogonal_matrices_are_those_of_the_definition() {
    use seedbed::init::MatrixRows;
    let initializer = Initializer::orthogonal(1.5, MatrixRows::FirstAxis).unwrap();
    for [rows, cols] in [[1, 1], [1, 5], [5, 5], [7, 4], [4, 7], [40, 33]] {
        let (m, n) = (rows.max(cols), rows.min(cols));
        let normal = Distribution::Normal { mean: 0.0, std: 1.0 };
        let bits = normal.fill(Type::F64, state(), 0, m * n);
        let gaussians: Vec<_> = bits.into_iter().map(f64::from_bits).collect();
        let q = haar(&gaussians, m, n, 1.5);
        let values =
            initializer.for_shape::<f64>(&[rows, cols]).unwrap().to_vec(&stream()).unwrap();
        for (i, value) in values.iter().enumerate() {
            let (row, col) = (i / cols, i % cols);
            let expected = if rows >= cols { q[row * n + col] } else { q[col * n + row] };
            assert!((value - expected).abs() < 1e-14, "{rows} x {cols}: {value} for {expected}");
        }
    }
}
