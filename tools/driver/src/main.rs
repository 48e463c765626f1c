//! Fills memory from one distribution at one level, for tools that count or read instructions.
//!
//! `driver DISTRIBUTION TYPE LEVEL ELEMENTS`, such as `driver normal f32 avx2 131072`

use std::hint::black_box;

use half::bf16;
use seedbed::{Element, Error, Exec, Level, Normal, Sample, Seed, TruncatedNormal, Uniform};

fn fill<T: Element>(distribution: &str, level: Level, elements: usize) -> Result<(), Error> {
    let (mut out, stream) = (vec![T::default(); elements], Seed::from(42).stream("instructions"));
    let exec = Exec::sequential().level(level)?;
    let out = out.as_mut_slice();
    match distribution {
        "uniform" => Uniform::<T>::new(-0.5, 0.5)?.with(exec).sample_into(out, &stream),
        "normal" => Normal::<T>::new(0.0, 0.02)?.with(exec).sample_into(out, &stream),
        "two_sigma" => {
            TruncatedNormal::<T>::new(0.0, 0.02, -2.0, 2.0)?.with(exec).sample_into(out, &stream);
        }
        "strips" => {
            TruncatedNormal::<T>::new(0.0, 0.02, -1.0, 1.0)?.with(exec).sample_into(out, &stream);
        }
        other => panic!("{other} is not uniform, normal, two_sigma or strips"),
    }
    black_box(out);
    Ok(())
}

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [distribution, element, level, elements] = arguments.as_slice() else {
        panic!("usage: driver DISTRIBUTION TYPE LEVEL ELEMENTS");
    };
    let level = level.parse()?;
    let elements = elements.parse().expect("a number of elements");
    match element.as_str() {
        "f32" => fill::<f32>(distribution, level, elements),
        "f64" => fill::<f64>(distribution, level, elements),
        "bf16" => fill::<bf16>(distribution, level, elements),
        other => panic!("{other} is not f32, f64 or bf16"),
    }
}
