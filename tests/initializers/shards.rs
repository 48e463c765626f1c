//! Shards of any shape and number, filled one by one, are the whole tensor bit for bit, whatever
//! the initializer, the element type, the threads and the levels; and windows of a tensor that no
//! memory holds are what independent fills make of them.

use std::ops::Range;

use half::{bf16, f16};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use seedbed::init::{Bounds, MatrixRows, NonSquare, Nonzeros, SparseAxis};
use seedbed::{Exec, Initializer, Normal, Sample, Threads, Values, keras, lasagne};

use crate::common::{Bits, assert_same, levels, places, stream};

/// A tensor and how it is cut.
#[derive(Clone, Debug)]
struct Sharded {
    initializer: Initializer,
    shape: Vec<usize>,
    /// Where each axis is cut, with its ends.
    cuts: Vec<Vec<usize>>,
}

/// Shapes of so many axes with up to 40,000 elements; axes may be shorter and longer than blocks.
fn shapes(rank: Range<usize>) -> impl Strategy<Value = Vec<usize>> {
    let axis = prop_oneof![1..6_usize, 1..70_usize, 1..20_000_usize];
    prop::collection::vec(axis, rank).prop_map(|mut shape| {
        while shape.iter().product::<usize>() > 40_000 {
            let longest = shape.iter_mut().max().expect("a product above 1 has factors");
            *longest = *longest / 2 + 1;
        }
        shape
    })
}

/// Initializers whose elements are independent, for any shape or for two axes and more.
fn elementwise() -> impl Strategy<Value = (Initializer, Vec<usize>)> {
    let truncated =
        |low, high| Initializer::truncated_normal(0.0, 0.5, Bounds::Sigmas(low, high)).unwrap();
    let any = vec![
        Initializer::constant(0.25).unwrap(),
        Initializer::uniform(-1.0, 2.0).unwrap(),
        Initializer::normal(0.5, 2.0).unwrap(),
        truncated(-2.0, 2.0),
        truncated(0.0, f64::INFINITY),
        truncated(3.0, 4.0),
    ];
    let scaled = vec![
        keras::he_normal().initializer().unwrap(),
        keras::lecun_uniform().initializer().unwrap(),
        lasagne::GlorotUniform::default().initializer().unwrap(),
    ];
    prop_oneof![(select(any), shapes(1..5)), (select(scaled), shapes(2..5))]
}

/// Those that need a matrix or a convolution.
fn structured() -> impl Strategy<Value = (Initializer, Vec<usize>)> {
    let sparse = |per, count| Initializer::sparse(per, count, 0.5).unwrap();
    let matrices = vec![
        sparse(SparseAxis::Column, Nonzeros::Fraction(0.3)),
        sparse(SparseAxis::Row, Nonzeros::AllButFraction(0.3)),
        Initializer::identity(2.0, NonSquare::Pad).unwrap(),
    ];
    let convolution = (1..5_usize, 1..4_usize, 1..5_usize, 1..6_usize);
    let convolution = convolution.prop_map(|(out, input, width, height)| {
        (Initializer::dirac(1).unwrap(), vec![3 * out, 2 * input, width, height])
    });
    let mut all = vec![(select(matrices), shapes(2..3)).boxed(), convolution.boxed()];
    if cfg!(feature = "orthogonal") {
        let orthogonal = |rows| Initializer::orthogonal(1.5, rows).unwrap();
        let both = vec![orthogonal(MatrixRows::FirstAxis), orthogonal(MatrixRows::AllButLast)];
        all.push((select(both), prop::collection::vec(1..24_usize, 2..4)).boxed());
        let delta = (1..5_usize, 1..9_usize, 0..9_usize).prop_map(|(width, input, more)| {
            (Initializer::delta_orthogonal(2.0).unwrap(), vec![width, 3, input, input + more])
        });
        all.push(delta.boxed());
    }
    proptest::strategy::Union::new(all)
}

/// Where the axes of a shape are cut, with their ends: into 2 to 64 shards of which some may be
/// empty.
fn cuts() -> impl Strategy<Value = Cutting> {
    let any = prop::collection::vec((any::<Index>(), any::<Index>()), 1..20);
    let ranks = prop_oneof![
        (2..=64_usize).prop_map(|rows| [rows, 1]),
        (2..=64_usize).prop_map(|columns| [1, columns]),
        [2..=8_usize, 2..=8_usize],
    ];
    prop_oneof![any.prop_map(Cutting::Anywhere), ranks.prop_map(Cutting::Grid)]
}

/// How a tensor of any shape is cut.
#[derive(Clone, Debug)]
enum Cutting {
    /// On these axes at these places.
    Anywhere(Vec<(Index, Index)>),
    /// The first axis and the last into so many parts of about the same length.
    Grid([usize; 2]),
}

impl Cutting {
    fn cuts(&self, shape: &[usize]) -> Vec<Vec<usize>> {
        let mut cuts: Vec<_> = shape.iter().map(|&n| vec![0, n]).collect();
        match self {
            Cutting::Anywhere(places) => {
                for (axis, place) in places {
                    let axis = axis.index(shape.len());
                    cuts[axis].push(place.index(shape[axis] + 1));
                    if cuts.iter().map(|axis| axis.len() - 1).product::<usize>() > 64 {
                        cuts[axis].pop();
                    }
                }
            }
            Cutting::Grid(ranks) => {
                for (axis, parts) in [0, shape.len() - 1].into_iter().zip(ranks) {
                    cuts[axis].extend((1..*parts).map(|part| shape[axis] * part / parts));
                }
            }
        }
        cuts.iter_mut().for_each(|axis| axis.sort_unstable());
        cuts
    }
}

/// A tensor and how it is cut.
fn sharded() -> impl Strategy<Value = Sharded> {
    (prop_oneof![elementwise(), structured()], cuts()).prop_map(
        |((initializer, shape), cutting)| {
            let cuts = cutting.cuts(&shape);
            Sharded { initializer, shape, cuts }
        },
    )
}

/// All combinations of one range of each axis.
fn grid(cuts: &[Vec<usize>]) -> Vec<Vec<Range<usize>>> {
    let mut shards = vec![Vec::new()];
    for axis in cuts {
        let extended = shards.iter().flat_map(|shard: &Vec<_>| {
            axis.windows(2).map(move |cut| {
                let mut shard = shard.clone();
                shard.push(cut[0]..cut[1]);
                shard
            })
        });
        shards = extended.collect();
    }
    shards
}

/// Runs `work` in a pool of so many threads.
#[cfg(feature = "rayon")]
fn with_threads(threads: usize, work: impl FnOnce() + Send) {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work);
}

#[cfg(not(feature = "rayon"))]
fn with_threads(_: usize, work: impl FnOnce()) {
    work();
}

/// A choice among the levels of this machine and of threads.
fn exec() -> impl Strategy<Value = Exec> {
    (select(levels()), select(vec![Threads::Auto, Threads::Sequential]))
        .prop_map(|(level, threads)| Exec::default().threads(threads).level(level).unwrap())
}

/// Fills the whole, its blocks, and as many contiguous parts as there are blocks.
fn shards_make_the_whole<T: Bits>(sharded: &Sharded, [whole_exec, exec]: [Exec; 2]) {
    let Sharded { initializer, shape, cuts } = sharded;
    let tensor: Values<T> = initializer.for_shape(shape).unwrap().with(whole_exec);
    let mut whole = vec![T::default(); tensor.len()];
    tensor.fill(&mut whole, &stream()).unwrap();

    let tensor = tensor.with(exec);
    let shards = grid(cuts);
    let mut assembled = vec![T::default(); tensor.len()];
    let mut missing = tensor.len();
    for shard in &shards {
        let places = places(shape, shard);
        let mut part = vec![T::default(); places.len()];
        tensor.fill_block(shard, &mut part, &stream()).unwrap();
        missing -= places.len();
        for (place, value) in places.into_iter().zip(part) {
            assembled[place] = value;
        }
    }
    assert_eq!(missing, 0);
    assert_same(&assembled, &whole, &format!("{sharded:?} of {}", T::NAME));

    let mut assembled = vec![T::default(); tensor.len()];
    let cut = |rank| tensor.len() * rank / shards.len();
    for rank in 0..shards.len() {
        let part = &mut assembled[cut(rank)..cut(rank + 1)];
        tensor.fill_range(cut(rank), part, &stream()).unwrap();
    }
    assert_same(&assembled, &whole, &format!("{} ranges of {sharded:?}", shards.len()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..<_>::default() })]

    #[test]
    fn any_shards_make_the_whole(
        sharded in sharded(),
        element in 0..4,
        threads in select(vec![1_usize, 2, 3, 7]),
        execs in [exec(), exec()],
    ) {
        with_threads(threads, || match element {
            0 => shards_make_the_whole::<f32>(&sharded, execs),
            1 => shards_make_the_whole::<f64>(&sharded, execs),
            2 => shards_make_the_whole::<f16>(&sharded, execs),
            3 => shards_make_the_whole::<bf16>(&sharded, execs),
            _ => unreachable!("{element}"),
        });
    }
}

#[cfg(feature = "serde")]
mod registered {
    use proptest::test_runner::TestRunner;
    use seedbed::registry;
    use serde_json::json;

    use super::*;
    use crate::for_each_element;

    /// Every initializer that has a name in a system, and the parameters that it needs, but for what
    /// this build lacks.
    fn registered() -> Vec<(String, Initializer)> {
        let mut all: Vec<(String, Initializer)> = Vec::new();
        for name in registry::names() {
            let config = match name.as_str() {
                "lasagne.Glorot" | "lasagne.He" => json!({"initializer": "Normal"}),
                "torch.constant" | "torch.constant_" => json!({"val": 0.3}),
                "torch.sparse" | "torch.sparse_" => json!({"sparsity": 0.7}),
                "jax.constant" => json!({"value": 0.3}),
                "jax.variance_scaling" => {
                    json!({"scale": 2, "mode": "fan_out", "distribution": "uniform"})
                }
                _ => json!({}),
            };
            let initializer = registry::from_config(&name, &config).unwrap();
            let lacks =
                cfg!(not(feature = "orthogonal")) && name.to_lowercase().contains("orthogonal");
            if !lacks && !all.iter().any(|(_, known)| *known == initializer) {
                all.push((name, initializer));
            }
        }
        all
    }

    /// Shapes of all ranks for which there is this initializer.
    fn shapes_for(initializer: Initializer) -> impl Strategy<Value = Vec<usize>> {
        let axis = || prop_oneof![1..4_usize, 1..40_usize];
        (axis(), axis(), 1..4_usize, 1..6_usize, any::<Index>()).prop_map(
            move |(a, b, c, d, which)| {
                let vector = vec![a * b];
                let matrices = [vec![a, b], vec![b, b]];
                let convolutions = [vec![a, b, c], vec![a, b, c, d], vec![c, d, b, a.max(b)]];
                let mut shapes = [&[vector][..], &matrices, &convolutions].concat();
                shapes.retain(|shape| initializer.for_shape::<f32>(shape).is_ok());
                which.get(&shapes).clone()
            },
        )
    }

    #[test]
    fn shards_of_every_registered_initializer_make_the_whole() {
        for (name, initializer) in registered() {
            let config = ProptestConfig { cases: 6, failure_persistence: None, ..<_>::default() };
            let shape = shapes_for(initializer.clone());
            let result = TestRunner::new(config).run(&(shape, cuts(), [exec(), exec()]), |case| {
                let (shape, cutting, execs) = case;
                let cuts = cutting.cuts(&shape);
                let sharded = Sharded { initializer: initializer.clone(), shape, cuts };
                for_each_element!(T => shards_make_the_whole::<T>(&sharded, execs));
                Ok(())
            });
            result.unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}

/// The rows and columns of the tensor that no memory holds: 2^50 elements.
const VIRTUAL: [usize; 2] = [1 << 22, 1 << 28];

/// A window by itself and as a part of a fill that begins and ends elsewhere.
fn window<T: Bits>(offset: usize, len: usize, before: usize, exec: Exec) {
    let distribution = Normal::<T>::new(0.5, 2.0).unwrap();
    let tensor: Values<T> = Initializer::normal(0.5, 2.0).unwrap().for_shape(&VIRTUAL).unwrap();
    let mut values = vec![T::default(); len];
    tensor.fill_range(offset, &mut values, &stream()).unwrap();
    let first = offset - before.min(offset);
    let mut around = vec![T::default(); offset - first + len + 99];
    distribution.with(exec).sample_into(&mut around, &stream().at(first as u64).unwrap());
    assert_same(&values, &around[offset - first..][..len], &format!("{len} from {offset}"));
}

/// A block, and each of its rows by itself.
fn block<T: Bits>(corner: [usize; 2], sides: [usize; 2], exec: Exec) {
    let distribution = Normal::<T>::new(0.5, 2.0).unwrap();
    let tensor: Values<T> = Initializer::normal(0.5, 2.0).unwrap().for_shape(&VIRTUAL).unwrap();
    let ranges: Vec<_> = corner.into_iter().zip(sides).map(|(at, side)| at..at + side).collect();
    let mut values = vec![T::default(); sides[0] * sides[1]];
    tensor.fill_block(&ranges, &mut values, &stream()).unwrap();
    for (row, actual) in ranges[0].clone().zip(values.chunks(sides[1])) {
        let first = row * VIRTUAL[1] + corner[1];
        let mut expected = vec![T::default(); sides[1]];
        distribution.with(exec).sample_into(&mut expected, &stream().at(first as u64).unwrap());
        assert_same(actual, &expected, &format!("row {row} of {ranges:?}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..<_>::default() })]

    #[test]
    fn a_window_of_a_vast_tensor_is_a_part_of_any_fill(
        offset in 0..(1_usize << 50) - 20_000,
        len in 1..10_000_usize,
        before in 0..300_000_usize,
        exec in exec(),
    ) {
        window::<f32>(offset, len, before, exec);
        window::<f64>(offset, len, before, exec);
        window::<bf16>(offset, len, before, exec);
    }

    #[test]
    fn a_block_of_a_vast_tensor_is_its_rows(
        corner in (0..VIRTUAL[0] - 9, 0..VIRTUAL[1] - 5000),
        sides in (1..9_usize, 1..5000_usize),
        exec in exec(),
    ) {
        block::<f32>(corner.into(), sides.into(), exec);
        block::<f16>(corner.into(), sides.into(), exec);
    }
}
