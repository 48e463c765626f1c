//! The generator's words as they are: for raw bits, for test batteries, and as a generator for
//! other crates.

use core::mem::MaybeUninit;

use crate::drain::Beside;
use crate::fill::{self, Exec, Kernel};
use crate::simd::{Float, Simd};
use crate::stream::Stream;
use crate::uninit;
use crate::xoshiro::Lanes;

/// Words in the order of the lanes, as the bits of f64 numbers.
#[derive(Clone, Copy)]
struct WordKernel;

impl Kernel<f64> for WordKernel {
    #[inline(always)]
    fn fill_block<S: Simd>(
        &self,
        _: S,
        lanes: &mut Lanes<S>,
        out: &mut [MaybeUninit<f64>],
        _: &mut impl Beside,
    ) {
        let mut vectors = out.chunks_exact_mut(8);
        for out in &mut vectors {
            S::F64::from_bits(lanes.next()).store_uninit(out);
        }
        let rest = vectors.into_remainder();
        if !rest.is_empty() {
            let mut words = [0.0; 8];
            S::F64::from_bits(lanes.next()).store(&mut words);
            uninit::write(rest, &words[..rest.len()]);
        }
    }
}

impl Stream {
    /// Fills a slice with the 64-bit words that the generator makes for this stream: the words
    /// that f64 elements are made from, element by element.
    ///
    /// ```
    /// use seedbed::Seed;
    /// let stream = Seed::from(5).stream("bits");
    /// let (mut words, mut later) = ([0; 20], [0; 5]);
    /// stream.words_into(&mut words);
    /// stream.at(15)?.words_into(&mut later);
    /// assert_eq!(words[15..], later);
    /// # Ok::<(), seedbed::Error>(())
    /// ```
    pub fn words_into(&self, out: &mut [u64]) {
        self.words_into_with(out, Exec::default());
    }

    /// [`words_into`](Stream::words_into) with a choice of threads and level.
    pub fn words_into_with(&self, out: &mut [u64], exec: Exec) {
        let bits: &mut [f64] = bytemuck::cast_slice_mut(out);
        let all = [f64::NEG_INFINITY, f64::INFINITY];
        fill::fill(&WordKernel, all, uninit::as_uninit(bits), self, exec);
    }
}

#[cfg(feature = "rand_core")]
mod generator {
    use core::convert::Infallible;

    use crate::fill::Exec;
    use crate::stream::{Seed, Stream};

    /// A stream as a generator for `rand` and `rand_distr`: the words of
    /// [`Stream::words_into`] one by one.
    ///
    /// Distributions of other crates make other values of these words than the laws of this crate.
    ///
    /// ```
    /// use rand_distr::{Distribution, Poisson};
    /// use seedbed::{Seed, StreamRng};
    /// let mut rng = StreamRng::from(Seed::from(1).stream("counts"));
    /// let count: f64 = Poisson::new(3.0).unwrap().sample(&mut rng);
    /// assert!(count >= 0.0);
    /// ```
    #[derive(Clone, Debug)]
    #[cfg_attr(docsrs, doc(cfg(feature = "rand_core")))]
    pub struct StreamRng {
        /// Where the words after the buffer's begin.
        next: Stream,
        words: [u64; BUFFER],
        used: usize,
    }

    const BUFFER: usize = 128;

    impl From<Stream> for StreamRng {
        fn from(stream: Stream) -> Self {
            StreamRng { next: stream, words: [0; BUFFER], used: BUFFER }
        }
    }

    impl StreamRng {
        fn word(&mut self) -> u64 {
            if self.used == BUFFER {
                self.next.words_into_with(&mut self.words, Exec::sequential());
                self.next.offset += BUFFER as u64;
                self.used = 0;
            }
            self.used += 1;
            self.words[self.used - 1]
        }
    }

    impl rand_core::TryRng for StreamRng {
        type Error = Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            Ok((self.word() >> 32) as u32)
        }

        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            Ok(self.word())
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
            rand_core::utils::fill_bytes_via_next_word(bytes, || self.try_next_u64())
        }
    }

    impl rand_core::SeedableRng for StreamRng {
        type Seed = [u8; 32];

        /// The stream of path 0 of the seed.
        fn from_seed(seed: [u8; 32]) -> Self {
            Seed::from(seed).stream(0u64).into()
        }

        /// The stream of path 0 of [`Seed::from`] this number.
        fn seed_from_u64(seed: u64) -> Self {
            Seed::from(seed).stream(0u64).into()
        }
    }
}

#[cfg(feature = "rand_core")]
pub use generator::StreamRng;
