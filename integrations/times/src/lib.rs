//! What every host is measured with: the matrices of GPT-2 small, and a table of times.

use std::time::{Duration, Instant};

/// The columns of its embeddings.
pub const WIDTH: usize = 768;
/// The rows of the embedding of words.
pub const VOCABULARY: usize = 50257;
/// The rows of the embedding of positions.
pub const POSITIONS: usize = 1024;
/// How many blocks of layers follow.
pub const BLOCKS: usize = 12;

/// The names, inputs and outputs of a block's linear layers.
pub const LAYERS: [(&str, usize, usize); 4] = [
    ("attn.qkv", WIDTH, 3 * WIDTH),
    ("attn.proj", WIDTH, WIDTH),
    ("mlp.fc", WIDTH, 4 * WIDTH),
    ("mlp.proj", 4 * WIDTH, WIDTH),
];

/// The best of three, which take turns.
pub fn compare<A, B: Send>(work: &str, own: impl Fn() -> A, ours: impl Fn() -> B + Sync) {
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let mut best = [Duration::MAX; 3];
    for _ in 0..3 {
        let times = [timed(&own), timed(|| one.install(&ours)), timed(&ours)];
        for (best, time) in best.iter_mut().zip(times) {
            *best = time.min(*best);
        }
    }
    let [own, one, all] = best.map(|time| time.as_secs_f64());
    println!(
        "{work:24} own {own:6.3} s | seedbed, 1 thread {one:6.3} s ({:4.1}x) | {} threads {all:6.3} s ({:4.1}x)",
        own / one,
        rayon::current_num_threads(),
        own / all,
    );
}

fn timed<R>(work: impl FnOnce() -> R) -> Duration {
    let start = Instant::now();
    let made = work();
    let time = start.elapsed();
    drop(made);
    time
}
