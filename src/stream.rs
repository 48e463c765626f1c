//! Seeds, paths and streams: where the state of every generator comes from.
//!
//! The state of a stream is the internal state of SipHash-2-4 (Jean-Philippe Aumasson and
//! Daniel J. Bernstein, 2012, "SipHash: a fast short-input PRF") keyed with the seed's 256 bits
//! after it has absorbed the path and run its four final rounds. Names and integers end in
//! different final constants, so `"7"` and `7` are different paths.

use crate::error::Error;
use crate::scalar::{SplitMix64, Xoshiro256PlusPlus};

/// A seed, from which all values of a model come.
///
/// A `u64` is expanded to the 256 bits of a seed by four outputs of SplitMix64; 32 bytes are the
/// seed itself, as four little-endian words.
///
/// ```
/// use seedbed::Seed;
/// let seed = Seed::from(42);
/// assert_ne!(seed.stream("encoder.0.weight"), seed.stream("encoder.1.weight"));
/// assert_eq!(seed.stream("bias"), Seed::from(42).stream("bias"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seed([u64; 4]);

impl From<u64> for Seed {
    fn from(seed: u64) -> Self {
        let mut words = SplitMix64::new(seed);
        Seed([(); 4].map(|()| words.next_u64()))
    }
}

impl From<[u8; 32]> for Seed {
    fn from(bytes: [u8; 32]) -> Self {
        let words: [[u8; 8]; 4] = bytemuck::cast(bytes);
        Seed(words.map(u64::from_le_bytes))
    }
}

impl Seed {
    /// Draws a seed from any generator.
    ///
    /// ```
    /// use rand_core::SeedableRng;
    /// let mut rng = rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(1);
    /// assert_ne!(seedbed::Seed::from_rng(&mut rng), seedbed::Seed::from_rng(&mut rng));
    /// ```
    #[cfg(feature = "rand_core")]
    #[cfg_attr(docsrs, doc(cfg(feature = "rand_core")))]
    pub fn from_rng<R: rand_core::Rng + ?Sized>(rng: &mut R) -> Self {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        bytes.into()
    }

    /// Returns the stream of a path: of a tensor's name, or of an integer.
    pub fn stream<'a>(&self, path: impl Into<StreamPath<'a>>) -> Stream {
        path.into().stream(&self.0)
    }
}

/// The name of a stream under a seed: a string such as `"encoder.0.fc1.weight"`, or an integer.
///
/// ```
/// use seedbed::{Seed, StreamPath};
/// let seed = Seed::from(42);
/// assert_eq!(seed.stream(StreamPath::Name("fc.weight")), seed.stream("fc.weight"));
/// assert_eq!(seed.stream(StreamPath::Index(7)), seed.stream(7));
/// assert_ne!(seed.stream(7), seed.stream("7"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StreamPath<'a> {
    /// A name.
    Name(&'a str),
    /// An integer.
    Index(u64),
}

impl<'a> From<&'a str> for StreamPath<'a> {
    fn from(name: &'a str) -> Self {
        StreamPath::Name(name)
    }
}

impl<'a> From<&'a String> for StreamPath<'a> {
    fn from(name: &'a String) -> Self {
        StreamPath::Name(name)
    }
}

impl From<u64> for StreamPath<'_> {
    fn from(index: u64) -> Self {
        StreamPath::Index(index)
    }
}

impl StreamPath<'_> {
    /// Returns the stream of the path under a seed or the state of another stream.
    fn stream(self, key: &[u64; 4]) -> Stream {
        let mut sip = Sip([
            key[0] ^ 0x736f_6d65_7073_6575,
            key[1] ^ 0x646f_7261_6e64_6f6d,
            key[2] ^ 0x6c79_6765_6e65_7261,
            key[3] ^ 0x7465_6462_7974_6573,
        ]);
        let state = match self {
            StreamPath::Name(name) => {
                sip.message(name.as_bytes());
                sip.finish(0xff)
            }
            StreamPath::Index(index) => {
                sip.word(index);
                sip.finish(0xee)
            }
        };
        Stream { state, offset: 0 }
    }
}

/// The state of SipHash-2-4.
struct Sip([u64; 4]);

impl Sip {
    fn round(&mut self) {
        let [mut v0, mut v1, mut v2, mut v3] = self.0;
        v0 = v0.wrapping_add(v1);
        v1 = v1.rotate_left(13) ^ v0;
        v0 = v0.rotate_left(32);
        v2 = v2.wrapping_add(v3);
        v3 = v3.rotate_left(16) ^ v2;
        v0 = v0.wrapping_add(v3);
        v3 = v3.rotate_left(21) ^ v0;
        v2 = v2.wrapping_add(v1);
        v1 = v1.rotate_left(17) ^ v2;
        v2 = v2.rotate_left(32);
        self.0 = [v0, v1, v2, v3];
    }

    fn word(&mut self, word: u64) {
        self.0[3] ^= word;
        self.round();
        self.round();
        self.0[0] ^= word;
    }

    /// Absorbs the bytes as SipHash does: as little-endian words, the last with the length on top.
    fn message(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        last[7] = bytes.len() as u8;
        self.word(u64::from_le_bytes(last));
    }

    fn finish(mut self, kind: u64) -> [u64; 4] {
        self.0[2] ^= kind;
        for _ in 0..4 {
            self.round();
        }
        self.0
    }
}

/// The stream of one tensor: an infinite sequence of values of any distribution, read from a
/// position.
///
/// A stream is a value, not a generator: sampling does not change it, and two fills from the same
/// stream begin with the same values. Take a stream for each tensor by its path.
///
/// ```
/// use seedbed::{Sample, Seed, Uniform};
/// # fn main() -> Result<(), seedbed::Error> {
/// let (uniform, stream) = (Uniform::new(-1.0, 1.0)?, Seed::from(7).stream("fc.weight"));
/// let (mut whole, mut part) = ([0f32; 100], [0f32; 40]);
/// uniform.sample_into(&mut whole, &stream);
/// uniform.sample_into(&mut part, &stream.at(60)?);
/// assert_eq!(part, whole[60..]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct Stream {
    pub(crate) state: [u64; 4],
    pub(crate) offset: u64,
}

/// The largest position in a stream, in elements.
const MAX_OFFSET: u64 = 1 << 60;

impl Stream {
    /// Returns the stream from element `offset` on, counted from the stream's start.
    ///
    /// # Errors
    ///
    /// [`Error::OffsetTooLarge`] if `offset` is beyond 2^60.
    pub fn at(&self, offset: u64) -> Result<Stream, Error> {
        if offset > MAX_OFFSET {
            return Err(Error::OffsetTooLarge { offset });
        }
        Ok(Stream { offset, ..*self })
    }

    /// Returns the position in elements.
    ///
    /// ```
    /// let stream = seedbed::Seed::from(42).stream("fc.weight");
    /// assert_eq!((stream.offset(), stream.at(60)?.offset(), stream.at(60)?.at(5)?.offset()), (0, 60, 5));
    /// # Ok::<(), seedbed::Error>(())
    /// ```
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns a single xoshiro256++ that starts at the stream's own state, which no lane has: a
    /// source of integers.
    pub(crate) fn scalar(&self) -> Xoshiro256PlusPlus {
        Xoshiro256PlusPlus::new(self.state)
    }

    /// Returns the child stream of this path, independent of this stream and of its other children.
    /// The position of this stream does not matter.
    ///
    /// ```
    /// let noise = seedbed::Seed::from(42).stream("noise");
    /// let (epoch, image) = (3, "img_0042.png");
    /// assert_ne!(noise.child(epoch).child(image), noise.child(epoch + 1).child(image));
    /// assert_eq!(noise.at(60)?.child(epoch), noise.child(epoch));
    /// # Ok::<(), seedbed::Error>(())
    /// ```
    pub fn child<'a>(&self, path: impl Into<StreamPath<'a>>) -> Stream {
        path.into().stream(&self.state)
    }
}
