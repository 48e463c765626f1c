//! Times fills of memory that no cache holds, by ordinary and by non-temporal stores: of memory that was
//! written before, and of fresh memory, whose pages the system provides at the first touch. All are
//! measured in turn in one run.
//!
//! `cargo bench --bench large_fills`

use std::hint::black_box;
use std::mem::MaybeUninit;
use std::time::Instant;

use seedbed::{Exec, Normal, Sample, Seed, Stream, Uniform};

/// Elements of f32 in 256 MiB.
const LEN: usize = 64 << 20;

/// Elements of a fill that is so short that it uses ordinary stores.
const PART: usize = 1 << 19;

/// Elements that are made in the level-2 cache and then copied.
const BURST: usize = 1 << 16;

const REPETITIONS: usize = 9;

type Memory = [MaybeUninit<f32>];
type Work<'a> = (&'a str, Box<dyn Fn(&mut Memory) + 'a>);

/// Fills in parts, each by ordinary stores.
fn in_parts(distribution: &impl Sample<f32>, out: &mut Memory, stream: &Stream) {
    for (i, part) in out.chunks_mut(PART).enumerate() {
        let from = stream.at((i * PART) as u64).expect("in range");
        distribution.sample_uninit(part, &from);
    }
}

/// Makes many elements in the cache and then copies them by non-temporal stores, one after the other.
fn in_bursts(distribution: &impl Sample<f32>, out: &mut Memory, stream: &Stream) {
    let mut burst = vec![0.0; BURST];
    for (i, out) in out.chunks_exact_mut(BURST).enumerate() {
        let from = stream.at((i * BURST) as u64).expect("in range");
        distribution.sample_into(&mut burst, &from);
        stream_to(out, |i| burst[i..].first_chunk().expect("four"));
    }
}

/// Writes groups of four elements by non-temporal stores, where the processor has them.
fn stream_to<'a>(out: &mut Memory, values: impl Fn(usize) -> &'a [f32; 4]) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_mm_loadu_ps, _mm_sfence, _mm_stream_ps};
        let start = out.as_ptr().align_offset(16);
        for i in (start..out.len() - 3).step_by(4) {
            // SAFETY: every x86-64 has SSE; the four places are in bounds and aligned.
            unsafe {
                let values = _mm_loadu_ps(values(i - start).as_ptr());
                _mm_stream_ps(out.as_mut_ptr().add(i).cast(), values);
            }
        }
        // SAFETY: every x86-64 has SSE.
        unsafe { _mm_sfence() }
    }
    #[cfg(not(target_arch = "x86_64"))]
    for (i, group) in out.chunks_exact_mut(4).enumerate() {
        group.write_copy_of_slice(values(4 * i));
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Returns the median nanoseconds of each work for an element, in memory from `memory`.
fn measure<'m>(
    works: &[Work],
    mut memory: impl FnMut(&mut dyn FnMut(&mut Memory)) + 'm,
) -> Vec<f64> {
    let mut times = vec![Vec::new(); works.len()];
    for _ in 0..REPETITIONS {
        for ((_, work), times) in works.iter().zip(&mut times) {
            memory(&mut |out| {
                let start = Instant::now();
                work(black_box(out));
                times.push(start.elapsed().as_nanos() as f64 / LEN as f64);
            });
        }
    }
    times.into_iter().map(median).collect()
}

fn main() {
    if std::env::args().any(|a| a == "--test") {
        return; // `cargo test --benches` only wants to know that this starts
    }
    let stream = Seed::from(1).stream("large");
    let uniform = Uniform::<f32>::new(-0.1, 0.1).expect("valid").with(Exec::sequential());
    let normal = Normal::<f32>::new(0.0, 0.02).expect("valid").with(Exec::sequential());
    let fill = |value: f32| move |out: &mut Memory| out.fill(MaybeUninit::new(value));
    let works: Vec<Work> = vec![
        ("fill(0.0)", Box::new(fill(0.0))),
        ("ordinary stores alone", Box::new(fill(black_box(1.5)))),
        ("non-temporal stores alone", Box::new(|out| stream_to(out, |_| &[1.5; 4]))),
        ("uniform", Box::new(|out| _ = uniform.sample_uninit(out, &stream))),
        ("uniform, ordinary stores", Box::new(|out| in_parts(&uniform, out, &stream))),
        ("uniform, non-temporal bursts", Box::new(|out| in_bursts(&uniform, out, &stream))),
        ("normal", Box::new(|out| _ = normal.sample_uninit(out, &stream))),
        ("normal, ordinary stores", Box::new(|out| in_parts(&normal, out, &stream))),
        ("normal, non-temporal bursts", Box::new(|out| in_bursts(&normal, out, &stream))),
    ];
    let mut written = vec![MaybeUninit::new(1.0); LEN];
    let warm = measure(&works, |work| work(&mut written));
    drop(written);
    let fresh = measure(&works, |work| work(Vec::with_capacity(LEN).spare_capacity_mut()));
    println!("{LEN} f32 elements, one thread: ns an element and ratio to fill(0.0)\n");
    println!("{:30} {:>16} {:>16}", "", "written before", "fresh");
    for (((name, _), warm_time), fresh_time) in works.iter().zip(&warm).zip(&fresh) {
        let [a, b] = [warm_time / warm[0], fresh_time / fresh[0]];
        println!("{name:30} {warm_time:8.3} {a:7.2} {fresh_time:8.3} {b:7.2}");
    }
}
