//! On a machine with a GPU: compares values with the CPU's bit for bit, and times fills.
//!
//!     cargo run --release --example gpu -- values 1e11
//!     cargo run --release --example gpu -- times 30
//!     cargo run --release --example gpu -- graph
//!
//! so many values of all distributions and types together; up to 2^30 elements; fills by a CUDA graph, and on
//! two streams at once.
//!
//! Without a GPU they say so, and fail.
#![allow(
    unsafe_code,
    reason = "memory that two devices share, and streams: each block says what holds"
)]

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use half::{bf16, f16};
use rayon::prelude::*;
use seedbed::{Distribution, Normal, Sample, Seed, TruncatedNormal, Uniform};
use seedbed_cuda::cudarc::driver::sys::CUevent_flags::CU_EVENT_DEFAULT;
use seedbed_cuda::cudarc::driver::sys::CUgraphInstantiate_flags;
use seedbed_cuda::cudarc::driver::sys::CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
use seedbed_cuda::cudarc::driver::{CudaContext, CudaSlice, CudaStream, ValidAsZeroBits};
use seedbed_cuda::{DeviceElement, Fills, device, fill, prepare};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Elements that are compared at once, at most and at least.
const PARTS: [u64; 2] = [1 << 26, 1 << 16];

fn distributions<T: DeviceElement>() -> Outcome<Vec<(&'static str, Distribution<T>)>> {
    let sigmas = |low, high| TruncatedNormal::new(0.0, 1.0, low, high);
    Ok(vec![
        ("uniform", Uniform::new(-0.5, 0.5)?.into()),
        ("normal", Normal::new(0.0, 1.0)?.into()),
        ("normal about 1", Normal::new(1.0, 0.02)?.into()),
        ("two sigma", sigmas(-2.0, 2.0)?.into()),
        ("three sigma", sigmas(-3.0, 3.0)?.into()),
        ("half", sigmas(0.0, f64::INFINITY)?.into()),
        ("strips", sigmas(-1.0, 1.5)?.into()),
        ("outer strips", sigmas(1.5, f64::INFINITY)?.into()),
        ("tail", sigmas(3.0, f64::INFINITY)?.into()),
        ("one strip", sigmas(0.1, 0.125)?.into()),
    ])
}

/// Compares so many values of each distribution of a type; returns how many differ.
fn compare<T: DeviceElement + ValidAsZeroBits>(
    stream: &Arc<CudaStream>,
    values: u64,
) -> Outcome<u64> {
    let part = values.min(PARTS[0]).max(PARTS[1]) as usize;
    // SAFETY: the memory is written before it is read. (Not write-combined: it is read here.)
    let mut ours = unsafe { stream.context().alloc_pinned_with_flags::<T>(part, 0) }?;
    let mut theirs = vec![T::default(); part];
    let mut memory = stream.alloc_zeros::<T>(part)?;
    let mut all = 0;
    for (name, distribution) in distributions::<T>()? {
        let (path, mut done, mut differ) = (Seed::from(7).stream(name), 0, 0_u64);
        while done < values {
            // Not always at the start of a block, and beyond 2^31 and 2^32.
            let from = path.at(done + (done >> 20) % 5)?;
            fill(stream, &mut memory, distribution, &from)?;
            stream.memcpy_dtoh(&memory, &mut ours)?;
            distribution.sample_into(&mut theirs, &from);
            // The memory's own event is not recorded where a context has a single stream.
            stream.synchronize()?;
            let bits = |value: &T| value.to_f64().to_bits();
            let pairs = ours.as_slice()?.par_iter().zip(&theirs);
            differ += pairs.filter(|(a, b)| bits(a) != bits(b)).count() as u64;
            done += part as u64;
        }
        println!("{} {name}: {differ} of {done} differ", T::NAME);
        all += differ;
    }
    Ok(all)
}

/// The least time of a launch, in milliseconds.
fn least(stream: &Arc<CudaStream>, mut work: impl FnMut() -> Outcome<()>) -> Outcome<f32> {
    let mut least = f32::INFINITY;
    for _ in 0..20 {
        let begin = stream.record_event(Some(CU_EVENT_DEFAULT))?;
        work()?;
        let end = stream.record_event(Some(CU_EVENT_DEFAULT))?;
        least = least.min(begin.elapsed_ms(&end)?);
    }
    Ok(least)
}

fn times<T: DeviceElement + ValidAsZeroBits>(stream: &Arc<CudaStream>, most: u32) -> Outcome<()> {
    let path = Seed::from(1).stream("times");
    for bits in (12..=most).step_by(2) {
        let mut memory: CudaSlice<T> = stream.alloc_zeros(1 << bits)?;
        let rate = |ms: f32| (size_of::<T>() << bits) as f32 / ms / 1e6;
        let zeros = least(stream, || Ok(stream.memset_zeros(&mut memory)?))?;
        print!("{} 2^{bits}: memset {:.0} GB/s", T::NAME, rate(zeros));
        for (name, distribution) in distributions::<T>()? {
            let ms = least(stream, || Ok(fill(stream, &mut memory, distribution, &path)?))?;
            print!(", {name} {:.1} us {:.0} GB/s", ms * 1e3, rate(ms));
        }
        println!();
    }
    Ok(())
}

/// GPT-2's 148 tensors, all of them normal.
fn model(stream: &Arc<CudaStream>) -> Outcome<()> {
    let layer =
        [768, 768, 768 * 2304, 2304, 768 * 768, 768, 768, 768, 768 * 3072, 3072, 3072 * 768, 768];
    let lens = [50_257 * 768, 1024 * 768].into_iter().chain(layer.repeat(12)).chain([768, 768]);
    let mut memory = Vec::new();
    for len in lens {
        memory.push(stream.alloc_zeros::<f32>(len)?);
    }
    let normal = Normal::<f32>::new(0.0, 0.02)?;
    let ms = least(stream, || {
        let mut fills = Fills::new(stream);
        for (number, memory) in (0..).zip(&mut memory) {
            fills.add(memory, normal, &Seed::from(1).stream(number as u64))?;
        }
        Ok(fills.launch()?)
    })?;
    println!("{} tensors of GPT-2 in a launch: {ms:.3} ms", memory.len());
    Ok(())
}

/// Captures a fill in a graph and replays it, and fills on two streams at once.
fn graph(context: &Arc<CudaContext>) -> Outcome<()> {
    let (normal, path) = (Normal::<f32>::new(0.0, 1.0)?, Seed::from(3).stream("graph"));
    let expected = normal.sample_vec((1 << 24) + 5, &path);
    let same = |found: &[f32], what: &str| {
        if found != expected {
            return Err(format!("{what}: values differ"));
        }
        println!("{what}: as on the CPU");
        Ok(())
    };
    // SAFETY: each memory is used on the stream that it was allocated on.
    unsafe { context.disable_event_tracking() };
    prepare(context)?;
    let stream = context.new_stream()?;
    let mut memory = stream.alloc_zeros::<f32>(expected.len())?;
    stream.begin_capture(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL)?;
    fill(&stream, &mut memory, normal, &path)?;
    let graph = stream.end_capture(CUgraphInstantiate_flags(0))?;
    let graph = graph.ok_or("nothing was captured")?;
    for what in ["a graph", "its second replay"] {
        stream.memset_zeros(&mut memory)?;
        graph.launch()?;
        same(&stream.clone_dtoh(&memory)?, what)?;
    }
    let other = context.new_stream()?;
    let mut beside = other.alloc_zeros::<f32>(expected.len())?;
    stream.memset_zeros(&mut memory)?;
    fill(&stream, &mut memory, normal, &path)?;
    fill(&other, &mut beside, normal, &path)?;
    same(&stream.clone_dtoh(&memory)?, "one of two streams")?;
    same(&other.clone_dtoh(&beside)?, "the other")?;
    Ok(())
}

fn run() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let context = device(0).map_err(|error| format!("no GPU: not run ({error})"))?;
    println!("{}, {:?}", context.name()?, context.compute_capability()?);
    let stream = context.default_stream();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["values", count] => {
            // Of four types and ten distributions.
            let each = (count.parse::<f64>()? / 40.0).ceil().max(1.0) as u64;
            let differ = compare::<f32>(&stream, each)?
                + compare::<f64>(&stream, each)?
                + compare::<f16>(&stream, each)?
                + compare::<bf16>(&stream, each)?;
            if differ > 0 {
                return Err(format!("{differ} values differ").into());
            }
        }
        ["times", most] => {
            let most = most.parse()?;
            times::<f32>(&stream, most)?;
            times::<bf16>(&stream, most)?;
            times::<f64>(&stream, most)?;
            if most > 20 {
                model(&stream)?;
            }
        }
        ["graph"] => graph(&context)?,
        _ => return Err("`values COUNT`, `times BITS` or `graph`".into()),
    }
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
