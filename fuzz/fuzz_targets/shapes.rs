//! Any shape, layout and initializer are refused, or every part of the tensor has the values of that part
//! of the whole.

#![no_main]

use core::ops::{Bound, Range};

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use seedbed::init::{
    Bounds, ConvOrder, FanMode, Layout, MatrixOrder, MatrixRows, NonSquare, Nonzeros, OtherRanks,
    ScaledDistribution, SparseAxis, TruncatedStd, Variance, VarianceScaling,
};
use seedbed::{Error, Initializer, Seed};
use seedbed_fuzz::{Bits, Number, places};

/// The largest tensor that is filled.
const MOST: usize = 5000;

fn shape(u: &mut Unstructured) -> Result<Vec<usize>> {
    let rank = u.int_in_range(0..=6)?;
    (0..rank)
        .map(|_| Ok(if u.ratio(1, 16)? { u.arbitrary()? } else { u.int_in_range(0..=20)? }))
        .collect()
}

fn axes(u: &mut Unstructured) -> Result<Vec<isize>> {
    let n = u.int_in_range(0..=3)?;
    (0..n)
        .map(|_| Ok(if u.ratio(1, 32)? { u.arbitrary()? } else { u.int_in_range(-7..=7)? }))
        .collect()
}

/// A layout, unless it is refused.
fn layout(u: &mut Unstructured) -> Result<Option<Layout>> {
    let matrix = *u.choose(&[MatrixOrder::InOut, MatrixOrder::OutIn])?;
    let conv = *u.choose(&[ConvOrder::Oihw, ConvOrder::Hwio, ConvOrder::Ihwo, ConvOrder::Ohwi])?;
    let highest = [Bound::Unbounded, Bound::Included(u.int_in_range(0..=6)?)];
    let ranks = (Bound::Included(u.int_in_range(0..=6)?), *u.choose(&highest)?);
    let other_ranks =
        *u.choose(&[OtherRanks::Refused, OtherRanks::SquareRoot, OtherRanks::Size])?;
    let layout = match u.int_in_range(0..=2)? {
        0 => Ok(Layout::new(matrix, conv).ranks(ranks).other_ranks(other_ranks)),
        1 => Layout::axes(&axes(u)?, &axes(u)?, &axes(u)?),
        _ => Layout::only_axes(&axes(u)?, &axes(u)?),
    };
    let layout = if u.arbitrary()? { layout.map(Layout::transposed) } else { layout };
    let groups = u.int_in_range(0..=5)?;
    Ok(layout.ok().and_then(|layout| layout.groups(groups).ok()))
}

/// A distribution scaled by the fans, unless it is refused.
fn scaling(u: &mut Unstructured) -> Result<Option<VarianceScaling>> {
    let Number(a) = u.arbitrary()?;
    let Number(b) = u.arbitrary()?;
    let std = *u.choose(&[TruncatedStd::Parent, TruncatedStd::Effective])?;
    let truncated = ScaledDistribution::TruncatedNormal { cut: a, std };
    let distribution =
        *u.choose(&[ScaledDistribution::Normal, ScaledDistribution::Uniform, truncated])?;
    let variance = *u.choose(&[Variance::Gain(b), Variance::Scale(b), Variance::Scale(1.0)])?;
    let fan =
        *u.choose(&[FanMode::In, FanMode::Out, FanMode::Avg, FanMode::GeoAvg, FanMode::Given(a)])?;
    let min_fan = *u.choose(&[0.0, 1.0, a])?;
    let Some(layout) = layout(u)? else { return Ok(None) };
    let scaling = VarianceScaling::new(distribution, variance, fan, layout);
    Ok(scaling.and_then(|scaling| scaling.with_min_fan(min_fan)).ok())
}

/// An initializer, unless it is refused.
fn initializer(u: &mut Unstructured) -> Result<Option<Initializer>> {
    let Number(gain) = u.arbitrary()?;
    let n = u.int_in_range(0..=30)?;
    let initializer = match u.int_in_range(0..=8)? {
        0 => Initializer::normal(1.0, gain),
        1 => {
            let count =
                [Nonzeros::Fraction(gain), Nonzeros::AllButFraction(gain), Nonzeros::Exactly(n)];
            Initializer::sparse(
                *u.choose(&[SparseAxis::Column, SparseAxis::Row])?,
                *u.choose(&count)?,
                0.5,
            )
        }
        2 => Initializer::identity(gain, *u.choose(&[NonSquare::Pad, NonSquare::Tile])?),
        3 => Initializer::dirac(n),
        4 => {
            let axis = u.int_in_range(-7..=7)?;
            let rows = [MatrixRows::FirstAxis, MatrixRows::AllButLast, MatrixRows::AllBut(axis)];
            Initializer::orthogonal(gain, u.choose(&rows)?.clone())
        }
        5 => Initializer::delta_orthogonal(gain),
        6 => {
            let bounds = [Bounds::Sigmas(-2.0, gain), Bounds::Absolute(-2.0, gain)];
            Initializer::truncated_normal(0.5, 1.0, *u.choose(&bounds)?)
        }
        _ => Ok(match scaling(u)? {
            Some(scaling) => scaling.into(),
            None => return Ok(None),
        }),
    };
    let transposed = u.arbitrary()?;
    Ok(initializer.ok().map(|i| if transposed { i.transposed() } else { i }))
}

#[derive(Debug)]
struct Input {
    shape: Vec<usize>,
    initializer: Option<Initializer>,
    /// Where a block begins and ends on each axis, and a range, as parts of 256 of the length.
    cuts: Vec<[u8; 2]>,
}

impl<'a> Arbitrary<'a> for Input {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let shape = shape(u)?;
        let cuts = (0..=shape.len()).map(|_| u.arbitrary()).collect::<Result<_>>()?;
        Ok(Input { shape, initializer: initializer(u)?, cuts })
    }
}

fn range([a, b]: [u8; 2], n: usize) -> Range<usize> {
    let place = |part: u8| n * usize::from(part) / 255;
    place(a.min(b))..place(a.max(b))
}

fn check<T: Bits>(input: &Input, initializer: &Initializer) {
    let Ok(values) = initializer.for_shape::<T>(&input.shape) else { return };
    let len = values.len();
    if len > MOST {
        return;
    }
    let stream = Seed::from(1).stream("w");
    let whole = match values.to_vec(&stream) {
        Ok(whole) => whole,
        Err(Error::FeatureDisabled { .. }) => return,
        Err(error) => panic!("{error}"),
    };
    assert_eq!(whole.len(), len);
    assert!(whole.iter().all(|v| v.to_f64().is_finite()));

    let same = |a: &[T], b: &[T]| {
        assert!(a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.bits() == b.bits()));
    };
    let part = range(input.cuts[0], len);
    let mut out = vec![T::default(); part.len()];
    values.fill_range(part.start, &mut out, &stream).expect("in the tensor");
    same(&out, &whole[part]);

    if len > 0 {
        let ranges: Vec<_> =
            input.cuts[1..].iter().zip(&input.shape).map(|(cut, n)| range(*cut, *n)).collect();
        let expected: Vec<T> =
            places(&input.shape, &ranges).into_iter().map(|place| whole[place]).collect();
        let mut out = vec![T::default(); expected.len()];
        values.fill_block(&ranges, &mut out, &stream).expect("in the tensor");
        same(&out, &expected);
    }
    let mut more = vec![T::default(); len + 1];
    assert!(values.fill(&mut more, &stream).is_err());
    assert!(more.iter().all(|v| v.bits() == 0), "nothing is written on an error");
}

fuzz_target!(|input: Input| {
    let Some(initializer) = &input.initializer else { return };
    if let Initializer::VarianceScaling(scaling) = initializer
        && let Ok(fans) = scaling.layout().fans(&input.shape)
    {
        assert!(fans.fan_in.is_finite() && fans.fan_in >= 0.0, "{fans:?}");
        assert!(fans.fan_out.is_finite() && fans.fan_out >= 0.0, "{fans:?}");
        let _ = scaling.std(&input.shape);
    }
    check::<f32>(&input, initializer);
    check::<f64>(&input, initializer);
    check::<half::f16>(&input, initializer);
});
