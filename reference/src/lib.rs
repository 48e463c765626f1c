//! Format V1 in plain scalar Rust, written from `docs/format.md`, whose sections the headings name.
//!
//! An example to read and to port, and the opposite of fast: one element follows the other, each in a
//! function of its own section. The numbers of every type are f64 here, which hold them exactly; only
//! the kernels compute in f32.

#![forbid(unsafe_code)]

use std::ops::{Add, Mul, Sub};

// --- 1. Numbers ----------------------------------------------------------------------------------

/// A type of elements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Type {
    F32,
    F64,
    F16,
    Bf16,
}

fn power_of_two(exponent: i64) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

impl Type {
    /// Bits of the exponent and of the mantissa.
    fn layout(self) -> (u32, u32) {
        match self {
            Type::F32 => (8, 23),
            Type::F64 => (11, 52),
            Type::F16 => (5, 10),
            Type::Bf16 => (8, 7),
        }
    }

    /// Rounds to nearest, ties to even, and returns the bits.
    pub fn bits_of(self, x: f64) -> u64 {
        let (exponent_bits, mantissa) = self.layout();
        if self == Type::F64 {
            return x.to_bits();
        }
        let bias = (1 << (exponent_bits - 1)) - 1;
        let sign = (x.to_bits() >> 63) << (exponent_bits + mantissa);
        // The exponent of the binade, or of the subnormal numbers, and the unit in the last place.
        let exponent = ((x.abs().to_bits() >> 52) as i64 - 1023).max(1 - bias);
        if exponent > bias {
            return sign + (((1 << exponent_bits) - 1) << mantissa);
        }
        let units = x.abs() / power_of_two(exponent - i64::from(mantissa));
        let rounded = (units + power_of_two(52)) - power_of_two(52);
        sign + rounded as u64 + (((exponent + bias - 1) as u64) << mantissa)
    }

    /// Returns the number of these bits.
    pub fn of_bits(self, bits: u64) -> f64 {
        let (exponent_bits, mantissa) = self.layout();
        if self == Type::F64 {
            return f64::from_bits(bits);
        }
        let bias = (1 << (exponent_bits - 1)) - 1;
        let exponent = (bits >> mantissa & ((1 << exponent_bits) - 1)) as i64;
        let fraction = (bits & ((1 << mantissa) - 1)) as f64;
        let magnitude = if exponent == 2 * bias + 1 {
            f64::INFINITY
        } else {
            let units =
                if exponent > 0 { fraction + power_of_two(mantissa.into()) } else { fraction };
            units * power_of_two(exponent.max(1) - bias - i64::from(mantissa))
        };
        if bits >> (exponent_bits + mantissa) == 1 { -magnitude } else { magnitude }
    }

    /// `R(x)`: the nearest number; zero is positive.
    pub fn nearest(self, x: f64) -> f64 {
        self.of_bits(self.bits_of(x)) + 0.0
    }

    /// The next number up or down.
    fn next(self, x: f64, up: bool) -> f64 {
        let bits = self.bits_of(x);
        let (exponent, mantissa) = self.layout();
        let smallest = if up { 1 } else { 1 + (1 << (exponent + mantissa)) };
        self.of_bits(match x {
            0.0 => smallest,
            _ if (x > 0.0) == up => bits + 1,
            _ => bits - 1,
        })
    }

    fn at_least(self, x: f64) -> f64 {
        let nearest = self.nearest(x);
        if nearest < x { self.next(nearest, true) + 0.0 } else { nearest }
    }

    fn at_most(self, x: f64) -> f64 {
        -self.at_least(-x) + 0.0
    }

    fn above(self, x: f64) -> f64 {
        let nearest = self.nearest(x);
        if nearest > x { nearest } else { self.next(nearest, true) + 0.0 }
    }

    fn below(self, x: f64) -> f64 {
        -self.above(-x) + 0.0
    }

    /// The greatest number from 0 to `most` for which `holds`, by bisection of the bits.
    fn greatest(self, most: f64, holds: impl Fn(f64) -> bool) -> f64 {
        let (mut inside, mut outside) = (0, self.bits_of(most) + 1);
        while outside - inside > 1 {
            let middle = inside + (outside - inside) / 2;
            *(if holds(self.of_bits(middle)) { &mut inside } else { &mut outside }) = middle;
        }
        self.of_bits(inside)
    }

    fn least_normal(self) -> f64 {
        let (exponent_bits, _) = self.layout();
        power_of_two(2 - (1 << (exponent_bits - 1)))
    }

    /// The type that elements are computed in.
    fn computed(self) -> Type {
        if self == Type::F64 { Type::F64 } else { Type::F32 }
    }
}

// --- 2. From a seed to a stream ------------------------------------------------------------------

fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58476d1ce4e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d049bb133111eb);
    z ^ (z >> 31)
}

fn split(x: u64, k: u64) -> u64 {
    mix(x.wrapping_add((k.wrapping_add(1)).wrapping_mul(0x9e3779b97f4a7c15)))
}

/// The seed of an integer.
pub fn seed(s: u64) -> [u64; 4] {
    [0, 1, 2, 3].map(|k| split(s, k))
}

/// The seed of 32 bytes.
pub fn seed_of_bytes(bytes: [u8; 32]) -> [u64; 4] {
    [0, 8, 16, 24].map(|i| u64::from_le_bytes(std::array::from_fn(|j| bytes[i + j])))
}

#[derive(Clone, Debug, PartialEq)]
pub enum Path {
    Name(String),
    Index(u64),
}

/// The state of the stream of a path under a seed, or of the child of a stream.
pub fn absorb(key: [u64; 4], path: &Path) -> [u64; 4] {
    let mut v = [
        key[0] ^ 0x736f6d6570736575,
        key[1] ^ 0x646f72616e646f6d,
        key[2] ^ 0x6c7967656e657261,
        key[3] ^ 0x7465646279746573,
    ];
    let (words, kind) = match path {
        Path::Name(name) => (words_of(name.as_bytes()), 0xff),
        Path::Index(index) => (vec![*index], 0xee),
    };
    for m in words {
        v[3] ^= m;
        v = sip_round(sip_round(v));
        v[0] ^= m;
    }
    v[2] ^= kind;
    (0..4).fold(v, |v, _| sip_round(v))
}

fn words_of(name: &[u8]) -> Vec<u64> {
    let mut bytes = name.to_vec();
    bytes.resize(name.len() / 8 * 8 + 7, 0);
    bytes.push(name.len() as u8);
    bytes.chunks(8).map(|b| u64::from_le_bytes(std::array::from_fn(|i| b[i]))).collect()
}

fn sip_round([mut v0, mut v1, mut v2, mut v3]: [u64; 4]) -> [u64; 4] {
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
    [v0, v1, v2, v3]
}

// --- 3. From a stream to words -------------------------------------------------------------------

/// The state of xoshiro256++.
type State = [u64; 4];

fn next(s: &mut State) -> u64 {
    let word = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
    let t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = s[3].rotate_left(45);
    word
}

fn not_zero(mut s: State) -> State {
    if s == [0; 4] {
        s[0] = 1;
    }
    s
}

/// The eight lanes.
type Lanes = [State; 8];

fn lanes(stream: State) -> Lanes {
    std::array::from_fn(|l| not_zero(stream.map(|word| split(word, l as u64))))
}

/// A polynomial over GF(2): bit `b` of word `k` is the coefficient of `x^(64 k + b)`.
type Poly = [u64; 4];

const P: Poly = [0x9d116f2bb0f0f001, 0x0280002bcefd1a5e, 0x04b4edcf26259f85, 0x0003c03c3f3ecb19];

const X: Poly = [2, 0, 0, 0];

/// `x^(2^128) mod P`.
const JUMP: Poly = [0x180ec6d33cfd0aba, 0xd5a61266f0c9392c, 0xa9582618e03fc9aa, 0x39abdc4529b1661c];

fn multiply(mut a: Poly, b: Poly) -> Poly {
    let mut product = [0; 4];
    for i in 0..256 {
        for k in 0..4 {
            product[k] ^= if b[i / 64] >> (i % 64) & 1 == 1 { a[k] } else { 0 };
        }
        // a = a x mod P
        let over = a[3] >> 63;
        a = [a[0] << 1, a[1] << 1 | a[0] >> 63, a[2] << 1 | a[1] >> 63, a[3] << 1 | a[2] >> 63];
        for k in 0..4 {
            a[k] ^= if over == 1 { P[k] } else { 0 };
        }
    }
    product
}

fn power(mut a: Poly, mut n: u64) -> Poly {
    let mut result = [1, 0, 0, 0];
    while n > 0 {
        if n % 2 == 1 {
            result = multiply(result, a);
        }
        (a, n) = (multiply(a, a), n / 2);
    }
    result
}

fn advance(mut s: State, distance: Poly) -> State {
    let mut sum = [0; 4];
    for i in 0..256 {
        for k in 0..4 {
            sum[k] ^= if distance[i / 64] >> (i % 64) & 1 == 1 { s[k] } else { 0 };
        }
        next(&mut s);
    }
    sum
}

const BLOCK_STEPS: u64 = 1 << 8;
const CHUNK_BLOCKS: u64 = 1 << 7;

/// The lanes at the start of a block, counted from the start of the stream.
fn block_start(stream: State, block: u64) -> Lanes {
    let chunks = power(JUMP, block / CHUNK_BLOCKS);
    let distance = multiply(chunks, power(X, block % CHUNK_BLOCKS * BLOCK_STEPS));
    lanes(stream).map(|lane| advance(lane, distance))
}

fn step(lanes: &mut Lanes) -> [u64; 8] {
    std::array::from_fn(|l| next(&mut lanes[l]))
}

// --- 4. Side streams -----------------------------------------------------------------------------

fn side(start: &Lanes, k: u64) -> Lanes {
    start.map(|lane| not_zero(lane.map(|word| split(word, k))))
}

fn open_unit(s: &mut State) -> f64 {
    ((next(s) >> 12) as f64 + 0.5) * power_of_two(-52)
}

// --- 5. Elements and their types -----------------------------------------------------------------

/// A type that kernels compute in.
pub trait Real:
    Copy + PartialOrd + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self>
{
    const TYPE: Type;
    /// Bits of a word of one element, and of a uniform integer.
    const WORD: u32;
    const DIGITS: u32;
    const LAYER_BITS: u32;
    /// Bits of a word that choose the height within a strip.
    const HEIGHT_BITS: u32;
    /// A power of two for very narrow distributions.
    const SHRINK: f64;
    const TERMS: usize;
    fn of(x: f64) -> Self;
    fn to_f64(self) -> f64;
}

impl Real for f32 {
    const TYPE: Type = Type::F32;
    const WORD: u32 = 32;
    const DIGITS: u32 = 24;
    const LAYER_BITS: u32 = 8;
    const HEIGHT_BITS: u32 = 8;
    const SHRINK: f64 = f64::from_bits((1023 - 64) << 52);
    const TERMS: usize = 8;
    fn of(x: f64) -> f32 {
        x as f32
    }
    fn to_f64(self) -> f64 {
        self.into()
    }
}

impl Real for f64 {
    const TYPE: Type = Type::F64;
    const WORD: u32 = 64;
    const DIGITS: u32 = 53;
    const LAYER_BITS: u32 = 10;
    const HEIGHT_BITS: u32 = 11;
    const SHRINK: f64 = f64::from_bits((1023 - 128) << 52);
    const TERMS: usize = 14;
    fn of(x: f64) -> f64 {
        x
    }
    fn to_f64(self) -> f64 {
        self
    }
}

/// The words of the elements of a step.
fn element_words<R: Real>(lanes: &mut Lanes) -> Vec<u64> {
    let words = step(lanes);
    match R::WORD {
        64 => words.to_vec(),
        _ => words.iter().flat_map(|word| [word & 0xffff_ffff, word >> 32]).collect(),
    }
}

/// The word of a uniform number below 1, as an integer and as a part of 1.
fn digits<R: Real>(word: u64) -> R {
    R::of((word >> (R::WORD - R::DIGITS)) as f64)
}

fn unit<R: Real>(word: u64) -> R {
    digits::<R>(word) * R::of(power_of_two(-i64::from(R::DIGITS)))
}

/// The elements of a stream from `offset` on, by what makes the first values of a block from the lanes
/// at its start.
fn elements<R: Real, V: Copy>(
    stream: State,
    offset: u64,
    len: usize,
    make: impl Fn(Lanes, usize) -> Vec<V>,
) -> Vec<V> {
    let block = BLOCK_STEPS * 8 * 64 / u64::from(R::WORD);
    let mut values = Vec::new();
    while values.len() < len {
        let at = offset + values.len() as u64;
        let skip = (at % block) as usize;
        let end = (block as usize).min(skip + len - values.len());
        values.extend(&make(block_start(stream, at / block), end)[skip..]);
    }
    values
}

/// The words of the first elements of a block.
fn block_words<R: Real>(mut lanes: Lanes, len: usize) -> Vec<u64> {
    (0..BLOCK_STEPS).flat_map(|_| element_words::<R>(&mut lanes)).take(len).collect()
}

/// The words of a stream as they are.
pub fn words(stream: State, offset: u64, len: usize) -> Vec<u64> {
    elements::<f64, u64>(stream, offset, len, block_words::<f64>)
}

/// The element of a computed value: held within the bounds, and rounded.
fn element(ty: Type, value: f64, bounds: Option<[f64; 2]>) -> u64 {
    let [low, high] = match bounds {
        Some(bounds) if ty != ty.computed() => bounds,
        _ => return ty.bits_of(value),
    };
    ty.bits_of(hold(value, low, high))
}

fn hold<N: PartialOrd>(value: N, low: N, high: N) -> N {
    let value = if value > low { value } else { low };
    if value < high { value } else { high }
}

// --- 6. Distributions ----------------------------------------------------------------------------

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distribution {
    Constant { value: f64 },
    Uniform { low: f64, high: f64 },
    Normal { mean: f64, std: f64 },
    TruncatedNormal(Truncated),
}

/// A truncated normal distribution: its bounds in standard deviations, how far they are apart, and the
/// bounds as values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Truncated {
    mean: f64,
    std: f64,
    sigmas: [f64; 2],
    width: f64,
    values: [f64; 2],
}

impl Distribution {
    /// The truncated normal distribution with bounds in standard deviations.
    pub fn truncated(mean: f64, std: f64, sigmas: [f64; 2]) -> Self {
        let values = sigmas.map(|sigma| mean + sigma * std);
        let width = sigmas[1] - sigmas[0];
        Distribution::TruncatedNormal(Truncated { mean, std, sigmas, width, values })
    }

    /// The truncated normal distribution with values as bounds.
    pub fn truncated_between(mean: f64, std: f64, values: [f64; 2]) -> Self {
        let sigmas = values.map(|value| (value - mean) / std);
        let width = (values[1] - values[0]) / std;
        Distribution::TruncatedNormal(Truncated { mean, std, sigmas, width, values })
    }

    /// The bits of the elements of a stream from `offset` on.
    pub fn fill(&self, ty: Type, stream: State, offset: u64, len: usize) -> Vec<u64> {
        if let Distribution::Constant { value } = *self {
            return vec![ty.bits_of(value); len];
        }
        match ty.computed() {
            Type::F64 => self.fill_as::<f64>(ty, stream, offset, len),
            _ => self.fill_as::<f32>(ty, stream, offset, len),
        }
    }

    fn fill_as<R: Real + 'static>(
        &self,
        ty: Type,
        stream: State,
        offset: u64,
        len: usize,
    ) -> Vec<u64> {
        let (values, bounds) = match *self {
            Distribution::Constant { .. } => unreachable!("filled without a kernel"),
            Distribution::Uniform { low, high } if low == high => {
                (vec![R::of(ty.nearest(low)); len], None)
            }
            Distribution::Uniform { low, high } => {
                let uniform = Uniform::<R>::new(low, high);
                let make = |lanes, len| uniform.block(lanes, len);
                let bounds = [ty.at_least(low), ty.below(high)];
                (elements::<R, R>(stream, offset, len, make), Some(bounds))
            }
            Distribution::Normal { mean, std } => {
                let [mean, std] = [mean, std].map(|x| R::of(R::TYPE.nearest(x)));
                let ziggurat = Ziggurat::new("normal", f64::INFINITY, mean, std);
                let make = |lanes, len| ziggurat.block(lanes, len);
                (elements::<R, R>(stream, offset, len, make), None)
            }
            Distribution::TruncatedNormal(Truncated { mean, std: 0.0, .. }) => {
                (vec![R::of(ty.nearest(mean)); len], None)
            }
            Distribution::TruncatedNormal(truncated) => {
                let make = truncated.sampler::<R>();
                let [low, high] = truncated.values;
                let bounds = [ty.above(low), ty.below(high)];
                (elements::<R, R>(stream, offset, len, make), Some(bounds))
            }
        };
        values.into_iter().map(|value| element(ty, value.to_f64(), bounds)).collect()
    }
}

// 6.2 Uniform

struct Uniform<R> {
    first: R,
    scale: R,
    /// 1, or 1 / grow.
    shrink: R,
}

impl<R: Real> Uniform<R> {
    fn new(low: f64, high: f64) -> Self {
        let (first, last) = (R::of(R::TYPE.at_least(low)), R::of(R::TYPE.below(high)));
        let (u, grow) = (power_of_two(-i64::from(R::DIGITS)), 1.0 / R::SHRINK);
        let most = R::of(1.0 / u - 1.0);
        let mut shrink = R::of(1.0);
        let mut scale = R::TYPE.nearest((high - low) * u);
        if scale < R::TYPE.least_normal() {
            shrink = R::of(1.0 / grow);
            scale = R::TYPE.nearest((high - low) * (u * grow));
        }
        let inside = |scale: f64| R::of(scale) * most * shrink + first <= last;
        let scale = R::of(R::TYPE.greatest(scale, inside));
        Uniform { first, scale, shrink }
    }

    fn block(&self, start: Lanes, len: usize) -> Vec<R> {
        let value = |word| digits::<R>(word) * self.scale * self.shrink + self.first;
        block_words::<R>(start, len).into_iter().map(value).collect()
    }
}

// 6.4 The ziggurat

struct Ziggurat<R> {
    table: Table<R>,
    end: R,
    mean: R,
    std: R,
}

struct Candidate<R> {
    layer: usize,
    x: R,
    sure: bool,
}

impl<R: Real> Ziggurat<R> {
    fn new(table: &str, end: f64, mean: R, std: R) -> Self {
        Ziggurat { table: Table::read(table), end: R::of(end), mean, std }
    }

    fn candidate(&self, word: u64) -> Candidate<R> {
        let layer = (word & ((1 << R::LAYER_BITS) - 1)) as usize;
        let entry = self.table.entries[layer];
        let width = R::TYPE.of_bits(entry);
        if R::TYPE == Type::F32 {
            let n = ((word as u32 & !0xff) | 0x80) as i32;
            let x = R::of(n.into()) * R::of(width * power_of_two(-31));
            return Candidate {
                layer,
                x,
                sure: u64::from(n.unsigned_abs()) < (entry % (1 << 11)) << 20,
            };
        }
        let m = (word >> 12) ^ 1 << 51;
        let x = R::of((m as f64 + 0.5) * power_of_two(-52)) * R::of(width);
        let x = if word >> 11 & 1 == 1 { R::of(-x.to_f64()) } else { x };
        Candidate { layer, x, sure: m >> 40 < (entry % (1 << 12)) ^ (1 << 11) }
    }

    fn scale(&self, z: R) -> R {
        z * self.std + self.mean
    }

    fn block(&self, start: Lanes, len: usize) -> Vec<R> {
        let candidates = |word| {
            let Candidate { x, sure, .. } = self.candidate(word);
            (self.scale(x), sure)
        };
        mended(&start, block_words::<R>(start, len), candidates, |own, height, tail_lane| {
            let Candidate { layer, x, .. } = self.candidate(own);
            let y = self.table.floors[layer] + unit::<R>(height) * self.table.heights[layer];
            if y < bell(x) && R::of(x.to_f64().abs()) < self.end {
                return Some(self.scale(x));
            }
            let tail = self.table.tail.filter(|_| layer == 0)?;
            let t = draw_tail(tail, tail_lane);
            Some(self.scale(R::of(if x < R::of(0.0) { -t } else { t })))
        })
    }
}

/// The values of the words of a block. `candidates` makes a value of a word and tells whether that is sure;
/// `decide` returns the value of a word whose candidate was not, by another word, or none.
fn mended<R: Real>(
    start: &Lanes,
    mut words: Vec<u64>,
    candidates: impl Fn(u64) -> (R, bool),
    decide: impl Fn(u64, u64, &mut State) -> Option<R>,
) -> Vec<R> {
    let mut values: Vec<R> = words.iter().map(|&word| candidates(word).0).collect();
    let mut list: Vec<usize> = (0..words.len()).filter(|&i| !candidates(words[i]).1).collect();
    for k in 0.. {
        if list.is_empty() {
            break;
        }
        let mut lanes = side(start, 2 * k);
        let mut tail_lane = side(start, 2 * k + 1)[0];
        let mut later = Vec::new();
        for group in list.chunks(8 * 64 / R::WORD as usize) {
            let deciding = element_words::<R>(&mut lanes);
            let new_words = element_words::<R>(&mut lanes);
            for ((&i, deciding), new_word) in group.iter().zip(deciding).zip(new_words) {
                if let Some(value) = decide(words[i], deciding, &mut tail_lane) {
                    values[i] = value;
                    continue;
                }
                let (value, sure) = candidates(new_word);
                values[i] = value;
                if !sure {
                    words[i] = new_word;
                    later.push(i);
                }
            }
        }
        list = later;
    }
    values
}

fn draw_tail(r: f64, lane: &mut State) -> f64 {
    loop {
        let b = -ln(open_unit(lane)) / r;
        let u = open_unit(lane);
        if 2.0 * (1.0 - u) > b * b || -2.0 * ln(u) > b * b {
            return r + b;
        }
    }
}

const LOG2_E: f64 = f64::from_bits(0x3ff71547652b82fe);
const LN_2: f64 = f64::from_bits(0x3fe62e42fefa39ef);

fn bell<R: Real>(x: R) -> R {
    power_of::<R>(x * x * R::of(-0.5 * LOG2_E))
}

/// `power(t)`, which is `2^t`.
fn power_of<R: Real>(t: R) -> R {
    let (_, mantissa) = R::TYPE.layout();
    let m = R::of(1.5 * power_of_two(mantissa.into()));
    let shifted = t + m;
    let r = t - (shifted - m);
    let mut a = vec![1.0];
    for k in 1..R::TERMS {
        a.push(a[k - 1] * LN_2 / k as f64);
    }
    let sum = a.iter().rev().map(|&a| R::of(a)).reduce(|sum, c| sum * r + c).expect("some terms");
    let bits = |x: R| R::TYPE.bits_of(x.to_f64());
    let exponent = bits(shifted) << mantissa;
    let all = u64::MAX >> (64 - R::WORD);
    R::of(R::TYPE.of_bits(bits(sum).wrapping_add(exponent) & all))
}

fn ln(x: f64) -> f64 {
    const SQRT_HALF: u64 = 0x3fe6a09e667f3bcd;
    let b = x.to_bits().wrapping_sub(SQRT_HALF);
    let e = (b as i64 >> 52) as f64;
    let m = f64::from_bits((b & ((1 << 52) - 1)) + SQRT_HALF);
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let tail = (1..=11).rev().fold(0.0, |tail, k| (tail + 2.0 / f64::from(2 * k + 1)) * z);
    let (high, low) = (f64::from_bits(0x3fe62e42fee00000), f64::from_bits(0x3dea39ef35793c76));
    e * high + (f - (s * (f - tail) - e * low))
}

// 6.5 Truncated normal

/// What makes the first values of a block.
type Block<R> = Box<dyn Fn(Lanes, usize) -> Vec<R>>;

impl Truncated {
    fn sampler<R: Real + 'static>(&self) -> Block<R> {
        let (ty, [a, b]) = (R::TYPE, self.sigmas);
        let [first, last] = [ty.above(self.values[0]), ty.below(self.values[1])];
        let (centre, rounded) = (ty.nearest(self.mean), ty.nearest(self.std));
        let normal = rounded >= ty.least_normal();
        let fits = normal && first <= centre && centre <= last;
        let (table, end, reach) = match [a, b] {
            [-2.0, 2.0] if fits => ("two_sigma", 2.0, ty.below(2.0)),
            [-3.0, 3.0] if fits => ("three_sigma", 3.0, ty.below(3.0)),
            _ if fits && a <= -14.0 && b >= 14.0 => ("normal", 14.0, 14.0),
            _ if normal && a == 0.0 && b >= 14.0 => return self.half::<R>(1.0),
            _ if normal && a <= -14.0 && b == 0.0 => return self.half::<R>(-1.0),
            _ => {
                let strips = Strips::<R>::new(self);
                return Box::new(move |lanes, len| strips.block(lanes, len));
            }
        };
        let inside = |std: f64| {
            let end = |reach: f64| (R::of(reach) * R::of(std) + R::of(centre)).to_f64();
            first <= end(-reach) && end(reach) <= last
        };
        let std = ty.greatest(rounded, inside);
        let ziggurat = Ziggurat::new(table, end, R::of(centre), R::of(std));
        Box::new(move |lanes, len| ziggurat.block(lanes, len))
    }

    // 6.6 The folded half of the normal distribution

    fn half<R: Real + 'static>(&self, side: f64) -> Block<R> {
        let [first, last] = [R::TYPE.above(self.values[0]), R::TYPE.below(self.values[1])];
        let [centre, std] = [self.mean, self.std].map(|x| R::of(R::TYPE.nearest(x)));
        let ziggurat = Ziggurat::new("normal", 14.0, R::of(0.0), std);
        Box::new(move |lanes, len| {
            let value = |v: R| {
                let magnitude = R::of(v.to_f64().abs());
                hold(magnitude * R::of(side) + centre, R::of(first), R::of(last))
            };
            ziggurat.block(lanes, len).into_iter().map(value).collect()
        })
    }
}

// 6.7 Which strips cover an interval

struct Layout {
    table: StripTable,
    first: usize,
    last: usize,
    window: [f64; 2],
    p: [f64; 3],
    q: [f64; 3],
    origin: f64,
    anchor: f64,
    step: f64,
}

fn layout<R: Real>(truncated: &Truncated) -> Layout {
    let (Truncated { mean, std, width, .. }, [a, b]) = (*truncated, truncated.sigmas);
    let [low, high] = truncated.values;
    let (n, value, away) = if a + b < 0.0 { (-b, high, -std) } else { (a, low, std) };
    let nearest = a.max(-b);
    let layout = if nearest < 1.0 {
        let table = StripTable::read::<R>("normal", 0.0);
        let first = if a < 0.0 { 512 - table.less(-a) } else { 511 + table.upto(a) };
        let last = if b > 0.0 { 511 + table.less(b) } else { 512 - table.upto(-b) };
        let (origin, anchor) = match () {
            () if a > 0.0 => (a, low),
            () if b < 0.0 => (b, high),
            () => (0.0, mean),
        };
        let (window, p, q) = ([a.max(-14.0), b.min(14.0)], [0.0, 0.0, 0.5], [0.0; 3]);
        Layout { table, first, last, window, p, q, origin, anchor, step: std }
    } else if nearest < 2.2 {
        let table = StripTable::read::<R>("outer", 1.0);
        let end = (n + width).min(14.0);
        let (first, last) = (table.upto(n) - 1, table.less(end) - 1);
        let (p, q) = ([0.0, 0.0, 0.5], [0.0; 3]);
        Layout { table, first, last, window: [n, end], p, q, origin: n, anchor: value, step: away }
    } else {
        let table = StripTable::read::<R>("exponential", 0.0);
        let root = if n < 1e8 { (n * n + 4.0).sqrt() } else { n };
        let (rate, ahead) = (0.5 * (n + root), 2.0 / (n + root));
        let end = width.min(14.0) * rate;
        let short = ahead.min(width);
        let (c, square) = (short * (ahead - 0.5 * short), 0.5 / rate / rate);
        let (p, q) = ([c, n / rate, square], [c, -ahead / rate, square]);
        let (last, window, step) = (table.less(end) - 1, [-1.0, end], away / rate);
        Layout { table, first: 0, last, window, p, q, origin: 0.0, anchor: value, step }
    };
    if layout.last - layout.first + 1 >= 16 {
        return layout;
    }
    let table = StripTable::read::<R>("exponential", 0.0);
    let stretch = width / table.edges[1];
    let step = away * stretch;
    if step.is_infinite() {
        return layout;
    }
    let constant = if n < 0.0 { 0.5 * n * n } else { 0.0 };
    let p = [constant, n * stretch, 0.5 * stretch * stretch];
    let window = [-1.0, f64::INFINITY];
    Layout { table, first: 0, last: 0, window, p, q: p, origin: 0.0, anchor: value, step }
}

// 6.8 A candidate of the strips

struct Strips<R> {
    layout: Layout,
    window: [R; 2],
    p: [R; 3],
    l: [R; 3],
    origin: R,
    anchor: R,
    step: R,
    bounds: [R; 2],
    /// Where the step is tiny or huge: a factor and a summand of the values, which are held after that.
    rescaled: Option<[R; 2]>,
}

struct StripCandidate<R> {
    strip: usize,
    x: R,
    value: R,
    inside: bool,
    sure: bool,
}

fn polynomial<R: Real>(c: [R; 3], x: R) -> R {
    c[0] + (c[1] + c[2] * x) * x
}

impl<R: Real> Strips<R> {
    fn new(truncated: &Truncated) -> Self {
        let (ty, layout) = (R::TYPE, layout::<R>(truncated));
        let nearest = |x: f64| R::of(ty.nearest(x));
        let anchor = ty.nearest(layout.anchor);
        let shift = (anchor - layout.anchor) / layout.step;
        let shift = if shift.is_finite() { shift } else { 0.0 };
        let n = power_of_two(R::HEIGHT_BITS.into());
        let q = layout.q;
        let (huge, step) = (power_of_two(16), layout.step.abs());
        let (factor, anchors) = if step < ty.least_normal() {
            (R::SHRINK, [0.0, anchor])
        } else if 64.0 * step > ty.below(f64::INFINITY) {
            (huge, [ty.nearest(anchor / huge), 0.0])
        } else {
            (1.0, [anchor, 0.0])
        };
        Strips {
            window: [ty.at_most(layout.window[0]), ty.at_least(layout.window[1])].map(R::of),
            p: layout.p.map(nearest),
            l: [(n - 1.0) + n * q[0], n * q[1], n * q[2]].map(nearest),
            origin: nearest(layout.origin + shift),
            anchor: R::of(anchors[0]),
            step: nearest(layout.step / factor),
            bounds: [ty.above(truncated.values[0]), ty.below(truncated.values[1])].map(R::of),
            rescaled: (factor != 1.0).then_some([factor, anchors[1]].map(R::of)),
            layout,
        }
    }

    fn candidate(&self, word: u64) -> StripCandidate<R> {
        let table = &self.layout.table;
        let count = (self.layout.last - self.layout.first + 1) as u128;
        let product = u128::from(word) * count;
        let strip = self.layout.first + (product >> R::WORD) as usize;
        let share = digits::<R>(product as u64 & (u64::MAX >> (64 - R::WORD)));
        let [edge, width] = [table.edges[strip], table.scaled_width::<R>(strip)].map(R::of);
        let inner = share * width;
        let x = edge + inner;
        let beyond = (edge - self.origin) + inner;
        let mut value = beyond * self.step + self.anchor;
        if self.rescaled.is_none() {
            value = hold(value, self.bounds[0], self.bounds[1]);
        }
        let n = 1 << R::HEIGHT_BITS;
        let sum = R::of((table.entries[strip] % n + word % n) as f64);
        let inside = self.window[0] < x && x < self.window[1];
        let sure = inside && polynomial(self.l, x) < sum;
        StripCandidate { strip, x, value, inside, sure }
    }

    // 6.9 Values by strips

    fn block(&self, start: Lanes, len: usize) -> Vec<R> {
        let candidates = |word| {
            let StripCandidate { value, sure, .. } = self.candidate(word);
            (value, sure)
        };
        let values = mended(
            &start,
            block_words::<R>(start, len),
            candidates,
            |own, finer, _: &mut State| {
                let StripCandidate { strip, x, value, inside, .. } = self.candidate(own);
                let below = self.height(own, finer) < self.limit(strip, x) && inside;
                below.then_some(value)
            },
        );
        let Some([factor, summand]) = self.rescaled else { return values };
        let last = |value| hold(value * factor + summand, self.bounds[0], self.bounds[1]);
        values.into_iter().map(last).collect()
    }

    fn height(&self, own: u64, finer: u64) -> R {
        let n = 1 << R::HEIGHT_BITS;
        let unit = power_of_two(-i64::from(R::DIGITS));
        let coarse = R::of((n - 1 - own % n) as f64);
        let fine = (digits::<R>(finer) + R::of(0.5)) * R::of(unit);
        (coarse + fine) * R::of(self.layout.table.area * unit / n as f64)
    }

    fn limit(&self, strip: usize, x: R) -> R {
        let width = self.layout.table.scaled_width::<R>(strip).abs();
        exp_of_negative(polynomial(self.p, x)) * R::of(width)
    }
}

fn exp_of_negative<R: Real>(x: R) -> R {
    let (t, least) = (x * R::of(-LOG2_E), R::of(-120.0));
    power_of(if t > least { t } else { least })
}

// --- 7. Tables -----------------------------------------------------------------------------------

/// The area, the start of the tail or 0, and the entries of a table.
fn read<R: Real>(name: &str) -> (f64, f64, Vec<u64>) {
    let name = format!("{name}_{}", if R::WORD == 32 { "f32" } else { "f64" });
    let mut words = include_str!("../tables.txt").split_whitespace();
    words.find(|word| *word == name).expect("a table of this name");
    let count = words.next().expect("a count").parse().expect("a number");
    let mut hex = words.map(|word| u64::from_str_radix(word, 16).expect("a number"));
    let [area, tail] = [(); 2].map(|()| f64::from_bits(hex.next().expect("a number")));
    (area, tail, hex.take(count).collect())
}

struct Table<R> {
    entries: Vec<u64>,
    floors: Vec<R>,
    heights: Vec<R>,
    tail: Option<f64>,
}

impl<R: Real> Table<R> {
    fn read(name: &str) -> Self {
        let (area, tail, entries) = read::<R>(name);
        let tail = (tail > 0.0).then_some(tail);
        let (mut floors, mut heights, mut sum) = (vec![], vec![], 0.0);
        for &entry in &entries {
            let height = area / R::TYPE.of_bits(entry);
            floors.push(R::of(sum));
            heights.push(R::of(height));
            sum += height;
        }
        if tail.is_some() {
            (floors[0], heights[0]) = (heights[0], R::of(0.0));
        }
        Table { entries, floors, heights, tail }
    }
}

struct StripTable {
    area: f64,
    entries: Vec<u64>,
    edges: Vec<f64>,
    widths: Vec<f64>,
}

impl StripTable {
    fn read<R: Real>(name: &str, start: f64) -> Self {
        let (area, _, mut entries) = read::<R>(&format!("strips_{name}"));
        let mut widths: Vec<f64> = entries.iter().map(|&entry| R::TYPE.of_bits(entry)).collect();
        let mut edges = vec![start];
        for (i, width) in widths.iter().enumerate() {
            edges.push(R::TYPE.nearest(edges[i] + width));
        }
        edges.pop();
        if name == "normal" {
            let mirrored = |right: &[f64]| right.iter().rev().map(|x| -x).collect::<Vec<_>>();
            edges = [mirrored(&edges), edges].concat();
            widths = [mirrored(&widths), widths].concat();
            entries = [entries.iter().rev().copied().collect(), entries].concat();
        }
        StripTable { area, entries, edges, widths }
    }

    fn upto(&self, x: f64) -> usize {
        self.to_the_right().filter(|edge| *edge <= x).count()
    }

    fn less(&self, x: f64) -> usize {
        self.to_the_right().filter(|edge| *edge < x).count()
    }

    fn to_the_right(&self) -> impl Iterator<Item = f64> {
        self.edges.iter().copied().filter(|edge| edge.is_sign_positive())
    }

    /// `width * 2^-d`.
    fn scaled_width<R: Real>(&self, strip: usize) -> f64 {
        self.widths[strip] * power_of_two(-i64::from(R::DIGITS))
    }
}

// --- 8. Tensors ----------------------------------------------------------------------------------

/// A matrix with `count` values in each of its columns, or of its rows: the bits of its elements.
pub fn sparse(
    ty: Type,
    stream: State,
    [rows, cols]: [usize; 2],
    by_columns: bool,
    count: usize,
    std: f64,
) -> Vec<u64> {
    let (lines, n) = if by_columns { (cols, rows) } else { (rows, cols) };
    let normal = Distribution::Normal { mean: 0.0, std };
    let mut values = normal.fill(ty, stream, 0, lines * count).into_iter();
    let mut matrix = vec![0; rows * cols];
    for line in 0..lines {
        let taken = places(absorb(stream, &Path::Index(0)), line, n, count);
        for place in (0..n).filter(|&place| taken[place]) {
            let element = if by_columns { place * cols + line } else { line * cols + place };
            matrix[element] = values.next().expect("a value for each place");
        }
    }
    matrix
}

fn places(child: State, line: usize, n: usize, count: usize) -> Vec<bool> {
    let chosen = if count <= n / 2 { count } else { n - count };
    let per_line = chosen.div_ceil(2);
    let halves = words(child, (line * per_line) as u64, per_line);
    let halves = halves.iter().flat_map(|word| [word & 0xffff_ffff, word >> 32]);
    let mut spare = absorb(child, &Path::Index(line as u64));
    let mut taken = vec![false; n];
    for (mut half, last) in halves.zip(n - chosen..n) {
        let choices = last as u64 + 1;
        while (half * choices) % (1 << 32) < (1 << 32) % choices {
            half = next(&mut spare) >> 32;
        }
        let place = ((half * choices) >> 32) as usize;
        let place = if taken[place] { last } else { place };
        taken[place] = true;
    }
    taken.iter().map(|&taken| taken == (chosen == count)).collect()
}
