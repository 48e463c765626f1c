//! Values of a stream do not depend on each other, nor those of different streams.

use seedbed::{Element, Exec, Normal, Sample, Seed, Stream, Uniform};

use crate::support::{BUFFER, ERRORS, assert_standard, at_once, few, stream};

type Function = fn(f32) -> f32;

/// What is correlated: functions of mean 0 and variance 1 of a standard normal number.
const FUNCTIONS: [(&str, Function); 4] = [
    ("x", |x| x),
    ("x^2", |x| (x * x - 1.0) * core::f32::consts::FRAC_1_SQRT_2),
    ("sign", f32::signum),
    ("|x| > 3", |x| {
        const P: f32 = 0.002_699_796;
        const SCALE: f32 = 1.0 / 0.051_889_27; // the square root of P (1 - P)
        if x.abs() > 3.0 { (1.0 - P) * SCALE } else { -P * SCALE }
    }),
];

/// Neighbours; in units of steps, blocks and chunks of either type further on.
const NEAR: usize = 64;
const FAR: [u64; 12] = [
    128,
    255,
    256,
    2_048,
    4_095,
    4_096,
    (1 << 18) - 8,
    1 << 18,
    (1 << 19) - 1,
    1 << 19,
    1 << 20,
    1 << 25,
];

fn product(a: &[f32], b: &[f32]) -> f64 {
    let ((a, _), (b, _)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
    let sums = a.iter().zip(b).fold([0_f32; 16], |mut sums, (a, b)| {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += a * b);
        sums
    });
    sums.into_iter().map(f64::from).sum()
}

/// The functions of `out.len()` values from an element on.
fn read<T: Element>(stream: &Stream, first: u64, values: &mut [T], out: &mut [Vec<f32>; 4]) {
    let distribution = Normal::<T>::new(0.0, 1.0).unwrap();
    distribution.with(Exec::sequential()).sample_into(values, &stream.at(first).unwrap());
    for (out, (_, function)) in out.iter_mut().zip(FUNCTIONS) {
        out.iter_mut().zip(&*values).for_each(|(out, x)| *out = function(x.to_f64() as f32));
    }
}

/// Every sum of products over `count` values, as standard normal numbers by function.
fn correlations<T: Element>(count: u64) -> [Vec<f64>; 4] {
    let stream = stream("dependence");
    let mut values = vec![T::default(); BUFFER + NEAR];
    let mut here = [(); 4].map(|()| vec![0.0; BUFFER + NEAR]);
    let mut there = [(); 4].map(|()| vec![0.0; BUFFER]);
    let mut sums = [(); 4].map(|()| vec![0.0; NEAR + FAR.len()]);
    for first in (0..count).step_by(BUFFER) {
        read(&stream, first, &mut values, &mut here);
        for (sums, here) in sums.iter_mut().zip(&here) {
            for lag in 1..=NEAR {
                // Short enough for sums in f32.
                for at in (0..BUFFER).step_by(1 << 12) {
                    sums[lag - 1] += product(&here[at..][..1 << 12], &here[at + lag..][..1 << 12]);
                }
            }
        }
        for (i, lag) in FAR.into_iter().enumerate() {
            read(&stream, first + lag, &mut values[..BUFFER], &mut there);
            for ((sums, here), there) in sums.iter_mut().zip(&here).zip(&there) {
                let (here, there) = (here.chunks(1 << 12), there.chunks(1 << 12));
                sums[NEAR + i] += here.zip(there).map(|(h, t)| product(h, t)).sum::<f64>();
            }
        }
    }
    sums.map(|sums| sums.into_iter().map(|sum| sum / (count as f64).sqrt()).collect())
}

fn serial<T: Element>() {
    for (sums, (function, _)) in correlations::<T>(few(1 << 26)).iter().zip(FUNCTIONS) {
        assert_standard(&format!("{}: {function} at all lags", T::NAME), sums);
    }
}

#[test]
fn f32_values_do_not_depend_on_each_other() {
    serial::<f32>();
}

#[test]
fn f64_values_do_not_depend_on_each_other() {
    serial::<f64>();
}

#[test]
fn streams_do_not_depend_on_each_other() {
    let n = at_once(1 << 21) as usize;
    let distribution = Normal::<f32>::new(0.0, 1.0).unwrap();
    let of = |stream: Stream| distribution.sample_vec(n, &stream);
    let seed = Seed::from(7);
    let base = of(seed.stream("a"));
    let deviation = 1.0 / 12_f64.sqrt();
    let uniform: Vec<f32> = Uniform::new(0.0, 1.0).unwrap().sample_vec(n, &seed.stream("b"));
    let uniform = uniform.into_iter().map(|u| ((f64::from(u) - 0.5) / deviation) as f32).collect();
    for (what, other) in [
        ("path b", of(seed.stream("b"))),
        ("path 0", of(seed.stream(0_u64))),
        ("seed 8", of(Seed::from(8).stream("a"))),
        ("child", of(seed.stream("a").child("a"))),
        ("next chunk", of(seed.stream("a").at(1 << 19).unwrap())),
        ("a uniform distribution", uniform),
    ] {
        let sum: f64 =
            base.chunks(1 << 12).zip(other.chunks(1 << 12)).map(|(a, b)| product(a, b)).sum();
        let off = sum / (n as f64).sqrt();
        assert!(off.abs() < ERRORS, "correlation with {what}: {off:.1} errors off");
    }
}
