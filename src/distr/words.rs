//! The generator's words: for raw bits, for test batteries, and as a generator for other crates.

use crate::fill::{self, Exec, WithExec};
use crate::kernel::words::WordKernel;
use crate::stream::Stream;
use crate::uninit;

impl Stream {
    /// Fills a slice with the 64-bit words that the generator makes for this stream: those that f64
    /// elements are made from, a word for each element.
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
        self.with(Exec::default()).words_into(out);
    }

    /// Chooses threads and instruction set for [`words_into`](Stream::words_into).
    ///
    /// ```
    /// use seedbed::{Exec, Seed};
    /// let stream = Seed::from(5).stream("bits");
    /// let (mut words, mut sequential) = ([0; 20], [0; 20]);
    /// stream.words_into(&mut words);
    /// stream.with(Exec::sequential()).words_into(&mut sequential);
    /// assert_eq!(words, sequential);
    /// ```
    pub fn with(self, exec: Exec) -> WithExec<Stream> {
        WithExec { inner: self, exec }
    }
}

impl WithExec<Stream> {
    /// Fills a slice with words, as [`Stream::words_into`] does.
    pub fn words_into(&self, out: &mut [u64]) {
        #[expect(unsafe_code, reason = "a slice is filled as uninitialised memory is")]
        // SAFETY: `fill` writes words only.
        let out = unsafe { uninit::as_uninit(out) };
        fill::fill(&WordKernel, [0, u64::MAX], out, &self.inner, self.exec);
    }
}

#[cfg(feature = "rand_core")]
mod generator {
    use core::convert::Infallible;

    use crate::fill::Exec;
    use crate::stream::{Seed, Stream};

    /// A stream as a generator for `rand` and `rand_distr`: returns the words of
    /// [`Stream::words_into`] one by one.
    ///
    /// Distributions of other crates make other values of these words than the distributions of this
    /// crate.
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
        /// The stream after the words of the buffer.
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
                self.next.with(Exec::sequential()).words_into(&mut self.words);
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

        /// Starts at the stream of path 0 of the seed.
        fn from_seed(seed: [u8; 32]) -> Self {
            Seed::from(seed).stream(0u64).into()
        }

        /// Starts at the stream of path 0 of [`Seed::from`] this number.
        fn seed_from_u64(seed: u64) -> Self {
            Seed::from(seed).stream(0u64).into()
        }
    }
}

#[cfg(feature = "rand_core")]
pub use generator::StreamRng;
