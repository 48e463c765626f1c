"""Format V1 in plain Python, written from docs/format.md, whose sections the headings name.

An example to read and to port, and very slow. It needs nothing but Python.

    python3 reference/seedbed.py test_vectors.json

checks every vector of the file, says how many values they are, and exits with 1 at the first that differs.
"""

import collections
import hashlib
import json
import math
import pathlib
import struct
import sys

# --- 1. Numbers ---------------------------------------------------------------------------------------

WORD = 2**64 - 1  # all bits of a word


def rotl(x, n):
    return (x << n | x >> (64 - n)) & WORD


def to_bits(x):
    return struct.unpack("<Q", struct.pack("<d", x))[0]


def from_bits(bits):
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


class Type:
    """A binary format. All its numbers are Python's floats, which are f64."""

    def __init__(self, name, exponent, mantissa):
        self.name = name
        self.mantissa = mantissa
        self.size = (1 + exponent + mantissa) // 8
        self.bias = 2 ** (exponent - 1) - 1
        self.infinite = (2 * self.bias + 1) << mantissa
        self.least_normal = math.ldexp(1.0, 1 - self.bias)

    def bits(self, x):
        """Rounds to nearest, ties to even, and returns the bits."""
        sign = 8 * self.size - 1
        if math.copysign(1.0, x) < 0.0:
            return 1 << sign | self.bits(-x)
        if math.isinf(x):
            return self.infinite
        # The exponent of the binade, or of the subnormal numbers; the unit is that of the last place.
        exponent = max(math.frexp(x)[1] - 1, 1 - self.bias) if x else 1 - self.bias
        units = round(math.ldexp(x, self.mantissa - exponent))
        return min(units + ((exponent + self.bias - 1) << self.mantissa), self.infinite)

    def number(self, bits):
        """Returns the number of these bits."""
        sign = 8 * self.size - 1
        if bits >> sign:
            return -self.number(bits ^ 1 << sign)
        if bits == self.infinite:
            return math.inf
        exponent, units = bits >> self.mantissa, bits & ((1 << self.mantissa) - 1)
        if exponent:
            units |= 1 << self.mantissa
        return math.ldexp(units, max(exponent, 1) - self.bias - self.mantissa)

    def nearest(self, x):
        """R(x): -0 becomes +0."""
        return self.round(x) + 0.0

    def round(self, x):
        if self.name == "f64":
            return x
        if self.name == "f32" and abs(x) < 2.0**127:
            return struct.unpack("<f", struct.pack("<f", x))[0]  # as below, and faster
        return self.number(self.bits(x))

    def next_up(self, x):
        bits, sign = self.bits(x), 1 << 8 * self.size - 1
        if bits in (0, sign):
            return self.number(1)
        return self.number(bits - 1 if bits & sign else bits + 1)

    def at_least(self, x):
        nearest = self.nearest(x)
        return self.next_up(nearest) + 0.0 if nearest < x else nearest

    def at_most(self, x):
        return -self.at_least(-x) + 0.0

    def above(self, x):
        nearest = self.nearest(x)
        return nearest if nearest > x else self.next_up(nearest) + 0.0

    def below(self, x):
        return -self.above(-x) + 0.0

    def greatest(self, most, holds):
        """The greatest number from 0 to `most` for which `holds`: positive numbers have the order of
        their bits."""
        low, high = 0, self.bits(most) + 1
        while high - low > 1:
            middle = (low + high) // 2
            if holds(self.number(middle)):
                low = middle
            else:
                high = middle
        return self.number(low)


F32, F64 = Type("f32", 8, 23), Type("f64", 11, 52)
TYPES = {t.name: t for t in (F32, F64, Type("f16", 5, 10), Type("bf16", 8, 7))}

# --- 2. From a seed to a stream -----------------------------------------------------------------------


def mix(z):
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & WORD
    z = (z ^ z >> 27) * 0x94D049BB133111EB & WORD
    return z ^ z >> 31


def split(x, k):
    return mix((x + (k + 1) * 0x9E3779B97F4A7C15) & WORD)


def seed_state(seed):
    """The four words of a seed: of an integer, or of 32 bytes."""
    if isinstance(seed, bytes):
        return struct.unpack("<4Q", seed)
    return tuple(split(seed, k) for k in range(4))


def absorb(key, path):
    """The state of the stream of a path, which is a name or an integer."""
    if isinstance(path, str):
        name = path.encode()
        padded = name + bytes(7 - len(name) % 8) + bytes([len(name) % 256])
        words, kind = struct.unpack(f"<{len(padded) // 8}Q", padded), 0xFF
    else:
        words, kind = (path,), 0xEE
    text = b"somepseudorandomlygeneratedbytes"
    v = [a ^ b for a, b in zip(key, struct.unpack(">4Q", text))]
    for m in words:
        v[3] ^= m
        sip_round(v)
        sip_round(v)
        v[0] ^= m
    v[2] ^= kind
    for _ in range(4):
        sip_round(v)
    return tuple(v)


def sip_round(v):
    v[0] = (v[0] + v[1]) & WORD
    v[1] = rotl(v[1], 13) ^ v[0]
    v[0] = rotl(v[0], 32)
    v[2] = (v[2] + v[3]) & WORD
    v[3] = rotl(v[3], 16) ^ v[2]
    v[0] = (v[0] + v[3]) & WORD
    v[3] = rotl(v[3], 21) ^ v[0]
    v[2] = (v[2] + v[1]) & WORD
    v[1] = rotl(v[1], 17) ^ v[2]
    v[2] = rotl(v[2], 32)


# --- 3. From a stream to words ------------------------------------------------------------------------


class Xoshiro:
    """One generator."""

    def __init__(self, words):
        self.s = list(words)
        if not any(self.s):
            self.s[0] = 1

    def word(self):
        s0, s1, s2, s3 = self.s
        word = (rotl((s0 + s3) & WORD, 23) + s0) & WORD
        t = s1 << 17 & WORD
        s2 ^= s0
        s3 ^= s1
        self.s = [s0 ^ s3, s1 ^ s2, s2 ^ t, rotl(s3, 45)]
        return word

    def advance(self, polynomial):
        total = [0, 0, 0, 0]
        for i in range(256):
            if polynomial >> i & 1:
                total = [a ^ b for a, b in zip(total, self.s)]
            self.word()
        self.s = total


P = 1 << 256 | sum(
    word << 64 * k
    for k, word in enumerate(
        (0x9D116F2BB0F0F001, 0x0280002BCEFD1A5E, 0x04B4EDCF26259F85, 0x0003C03C3F3ECB19)
    )
)


def multiply(a, b):
    """Multiplies polynomials over GF(2), modulo P."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a, b = a << 1, b >> 1
        if a >> 256:
            a ^= P
    return product


def power_of_x(n):
    result, square = 1, 2
    while n:
        if n & 1:
            result = multiply(result, square)
        square, n = multiply(square, square), n >> 1
    return result


def step(lanes):
    return [lane.word() for lane in lanes]


def block_start(stream, block):
    """The lanes where a block begins, counted from the start of the stream."""
    chunk, block = divmod(block, 2**7)
    lanes = [Xoshiro(split(word, lane) for word in stream) for lane in range(8)]
    distance = power_of_x(chunk * 2**128 + block * 2**8)
    for lane in lanes:
        lane.advance(distance)
    return lanes


# --- 4. Side streams ----------------------------------------------------------------------------------


def side(start, k):
    return [Xoshiro(split(word, k) for word in state) for state in start]


def open_unit(generator):
    return ((generator.word() >> 12) + 0.5) * 2.0**-52


# --- 5. Elements and their types ----------------------------------------------------------------------


def element_words(real, lanes):
    """The words of the elements of a step."""
    words = step(lanes)
    if real is F64:
        return words
    return [half for word in words for half in (word & 0xFFFFFFFF, word >> 32)]


def elements(real, stream, offset, length, make):
    """The values of elements: `make` makes those of a block from its first words and its start."""
    per_step = 8 if real is F64 else 16
    values = []
    while len(values) < length:
        block, skip = divmod(offset + len(values), 256 * per_step)
        count = min(256 * per_step, skip + length - len(values))
        lanes = block_start(stream, block)
        start = [tuple(lane.s) for lane in lanes]
        words = []
        while len(words) < count:
            words += element_words(real, lanes)
        values += make(words[:count], start)[skip:]
    return values


def words(stream, offset, length):
    return elements(F64, stream, offset, length, lambda words, _: words)


# --- 6. Distributions ---------------------------------------------------------------------------------


def fill(distribution, element, stream, offset, length):
    """The bits of elements. A distribution is what the vectors call one."""
    parameters = {key: float(value) for key, value in distribution.items() if key != "name"}
    name = distribution["name"]
    if name == "constant":
        return [element.bits(parameters["value"])] * length
    real = F64 if element is F64 else F32
    values, bounds = DISTRIBUTIONS[name](element, real, stream, offset, length, **parameters)
    if bounds and element is not real:
        values = [hold(value, *bounds) for value in values]
    return [element.bits(value) for value in values]


def hold(value, low, high):
    value = value if value > low else low
    return value if value < high else high


# 6.2 Uniform


def uniform(element, real, stream, offset, length, low, high):
    if low == high:
        return [element.nearest(low)] * length, None
    digits, grow = (53, 2.0**128) if real is F64 else (24, 2.0**64)
    size = 8 * real.size
    rounded, u = real.round, 2.0**-digits
    first, last = real.at_least(low), real.below(high)
    most = 1.0 / u - 1.0
    scale = real.nearest((high - low) * u)
    if scale >= real.least_normal:
        grow = 1.0
    else:
        scale = real.nearest((high - low) * (u * grow))

    def value(d, scale):
        return rounded(rounded(rounded(d * scale) * (1.0 / grow)) + first)

    scale = real.greatest(scale, lambda scale: value(most, scale) <= last)

    def make(words, _):
        return [value(float(word >> (size - digits)), scale) for word in words]

    bounds = element.at_least(low), element.below(high)
    return elements(real, stream, offset, length, make), bounds


# 6.3 Normal


def normal(element, real, stream, offset, length, mean, std):
    ziggurat = Ziggurat(real, "normal", math.inf, real.nearest(mean), real.nearest(std))
    return elements(real, stream, offset, length, ziggurat.block), None


# 6.4 The ziggurat


class Mended:
    """Values by candidates of words, of which some are sure and the others decided about by other words."""

    def block(self, words, start):
        words, values, listed = list(words), [], []
        for i, word in enumerate(words):
            value, sure = self.value(word)
            values.append(value)
            if not sure:
                listed.append(i)
        k = 0
        while listed:
            lanes, tail_lane = side(start, 2 * k), side(start, 2 * k + 1)[0]
            size = 8 if self.real is F64 else 16
            later = []
            for first in range(0, len(listed), size):
                deciding = element_words(self.real, lanes)
                new_words = element_words(self.real, lanes)
                for i, other, new_word in zip(listed[first : first + size], deciding, new_words):
                    values[i] = self.decided(words[i], other, tail_lane)
                    if values[i] is None:
                        values[i], sure = self.value(new_word)
                        if not sure:
                            words[i] = new_word
                            later.append(i)
            listed = later
            k += 1
        return values


class Ziggurat(Mended):
    def __init__(self, real, table, end, mean, std):
        self.real, self.end, self.mean, self.std = real, end, mean, std
        self.entries, self.floors, self.heights, self.tail = read_table(real, table)
        self.widths = [real.number(entry) for entry in self.entries]

    def candidate(self, word):
        """The layer of a word, its abscissa, and whether that is surely below the curve."""
        if self.real is F32:
            layer = word % 2**8
            n = word & 0xFFFFFF00 | 0x80
            n = n - 2**32 if n >> 31 else n
            x = F32.round(n * (self.widths[layer] * 2.0**-31))
            return layer, x, abs(n) < self.entries[layer] % 2**11 * 2**20
        layer = word % 2**10
        m = word >> 12 ^ 2**51
        x = (m + 0.5) * 2.0**-52 * self.widths[layer]
        sure = m >> 40 < self.entries[layer] % 2**12 ^ 2**11
        return layer, -x if word >> 11 & 1 else x, sure

    def scale(self, z):
        rounded = self.real.round
        return rounded(rounded(z * self.std) + self.mean)

    def unit(self, word):
        return (word >> 11) * 2.0**-53 if self.real is F64 else (word >> 8) * 2.0**-24

    def value(self, word):
        _, x, sure = self.candidate(word)
        return self.scale(x), sure

    def decided(self, own, height, tail_lane):
        rounded = self.real.round
        layer, x, _ = self.candidate(own)
        y = rounded(self.floors[layer] + rounded(self.unit(height) * self.heights[layer]))
        if y < bell(self.real, x) and abs(x) < self.end:
            return self.scale(x)
        if self.tail and layer == 0:
            t = rounded(draw_tail(self.tail, tail_lane))
            return self.scale(-t if x < 0.0 else t)
        return None


def draw_tail(r, lane):
    while True:
        b = -ln(open_unit(lane)) / r
        u = open_unit(lane)
        if 2.0 * (1.0 - u) > b * b or -2.0 * ln(u) > b * b:
            return r + b


LOG2_E = float.fromhex("0x1.71547652b82fep+0")


def bell(real, x):
    rounded = real.round
    return power(real, rounded(rounded(x * x) * rounded(-0.5 * LOG2_E)))


def power(real, t):
    rounded = real.round
    m = 1.5 * 2.0**real.mantissa
    shifted = rounded(t + m)
    r = rounded(t - rounded(shifted - m))
    a = [1.0]
    for k in range(1, 14 if real is F64 else 8):
        a.append(a[-1] * float.fromhex("0x1.62e42fefa39efp-1") / k)
    total = rounded(a.pop())
    while a:
        total = rounded(rounded(total * r) + rounded(a.pop()))
    bits = real.bits(total) + (real.bits(shifted) << real.mantissa)
    return real.number(bits % 2 ** (8 * real.size))


def ln(x):
    sqrt_half = 0x3FE6A09E667F3BCD
    b = to_bits(x) - sqrt_half
    e = float(b // 2**52)
    f = from_bits(b % 2**52 + sqrt_half) - 1.0
    s = f / (2.0 + f)
    z = s * s
    tail = 0.0
    for k in range(23, 2, -2):
        tail = (tail + 2.0 / k) * z
    low = e * float.fromhex("0x1.a39ef35793c76p-33")
    return e * float.fromhex("0x1.62e42fee00000p-1") + (f - (s * (f - tail) - low))


# 6.5 Truncated normal


def truncated(element, real, stream, offset, length, mean, std, low, high):
    a, b, width = low, high, high - low
    low, high = mean + a * std, mean + b * std
    interval = Interval(mean, std, a, b, width, low, high)
    return truncated_normal(element, real, stream, offset, length, interval)


def truncated_absolute(element, real, stream, offset, length, mean, std, low, high):
    if std == 0.0:
        return [element.nearest(mean)] * length, None
    a, b, width = (low - mean) / std, (high - mean) / std, (high - low) / std
    interval = Interval(mean, std, a, b, width, low, high)
    return truncated_normal(element, real, stream, offset, length, interval)


# `a` and `b` are the bounds in standard deviations, `low` and `high` as values.
Interval = collections.namedtuple("Interval", "mean std a b width low high")


def truncated_normal(element, real, stream, offset, length, interval):
    mean, std, a, b, _, low, high = interval
    if std == 0.0:
        return [element.nearest(mean)] * length, None
    first, last = real.above(low), real.below(high)
    centre, whole = real.nearest(mean), real.nearest(std)
    is_normal = whole >= real.least_normal
    fits = is_normal and first <= centre <= last
    rounded = real.round

    def ziggurat(table, end, reach):
        def inside(std):
            ends = [rounded(rounded(reach * std) + centre) for reach in (-reach, reach)]
            return first <= ends[0] and ends[1] <= last

        return Ziggurat(real, table, end, centre, real.greatest(whole, inside)).block

    def half(side):
        ziggurat = Ziggurat(real, "normal", 14.0, 0.0, whole)

        def block(words, start):
            values = ziggurat.block(words, start)
            values = (rounded(rounded(abs(v) * side) + centre) for v in values)
            return [hold(v, first, last) for v in values]

        return block

    if fits and (a, b) == (-2.0, 2.0):
        make = ziggurat("two_sigma", 2.0, real.below(2.0))
    elif fits and (a, b) == (-3.0, 3.0):
        make = ziggurat("three_sigma", 3.0, real.below(3.0))
    elif fits and a <= -14.0 and b >= 14.0:
        make = ziggurat("normal", 14.0, 14.0)
    elif is_normal and a == 0.0 and b >= 14.0:
        make = half(1.0)  # 6.6
    elif is_normal and a <= -14.0 and b == 0.0:
        make = half(-1.0)
    else:
        make = Strips(real, interval).values
    bounds = element.above(low), element.below(high)
    return elements(real, stream, offset, length, make), bounds


# 6.7 Which strips cover an interval

Layout = collections.namedtuple("Layout", "table first last window p q origin anchor step")


def nearer(interval):
    """The nearer bound, its value, and the deviation away from the mean."""
    if interval.a + interval.b < 0.0:
        return -interval.b, interval.high, -interval.std
    return interval.a, interval.low, interval.std


def layout_of(real, interval):
    mean, std, a, b, width, low, high = interval
    n, value, away = nearer(interval)
    nearest = max(a, -b)
    if nearest < 1.0:
        table = StripTable(real, "normal")
        first = 512 - table.less(-a) if a < 0.0 else 511 + table.upto(a)
        last = 511 + table.less(b) if b > 0.0 else 512 - table.upto(-b)
        window, p, q = (max(a, -14.0), min(b, 14.0)), (0.0, 0.0, 0.5), (0.0, 0.0, 0.0)
        origin, anchor = (a, low) if a > 0.0 else (b, high) if b < 0.0 else (0.0, mean)
        layout = Layout(table, first, last, window, p, q, origin, anchor, std)
    elif nearest < 2.2:
        table = StripTable(real, "outer")
        end = min(n + width, 14.0)
        first, last = table.upto(n) - 1, table.less(end) - 1
        p, q = (0.0, 0.0, 0.5), (0.0, 0.0, 0.0)
        layout = Layout(table, first, last, (n, end), p, q, n, value, away)
    else:
        table = StripTable(real, "exponential")
        root = math.sqrt(n * n + 4.0) if n < 1e8 else n
        rate = 0.5 * (n + root)
        ahead = 2.0 / (n + root)
        end = min(width, 14.0) * rate
        short = min(ahead, width)
        c = short * (ahead - 0.5 * short)
        square = 0.5 / rate / rate
        p, q = (c, n / rate, square), (c, -ahead / rate, square)
        last = table.less(end) - 1
        layout = Layout(table, 0, last, (-1.0, end), p, q, 0.0, value, away / rate)
    if layout.last - layout.first + 1 < 16:
        table = StripTable(real, "exponential")
        stretch = width / table.edges[1]
        step = away * stretch
        if not math.isinf(step):
            p = (0.5 * n * n if n < 0.0 else 0.0, n * stretch, 0.5 * stretch * stretch)
            window = (-1.0, math.inf)
            return Layout(table, 0, 0, window, p, p, 0.0, value, step)
    return layout


# 6.8 A candidate of the strips


class Strips(Mended):
    def __init__(self, real, interval):
        layout = layout_of(real, interval)
        self.real, self.table = real, layout.table
        self.first, self.count = layout.first, layout.last - layout.first + 1
        self.size, self.d, self.n = (64, 53, 2**11) if real is F64 else (32, 24, 2**8)
        self.anchor = real.nearest(layout.anchor)
        off = self.anchor - layout.anchor
        shift = off / layout.step if layout.step else math.inf
        self.origin = real.nearest(layout.origin + (shift if math.isfinite(shift) else 0.0))
        # Where the step is tiny or huge: a factor and a summand of the values, which are held after that.
        self.rescaled, factor = None, 1.0
        if abs(layout.step) < real.least_normal:
            factor = 2.0**-128 if real is F64 else 2.0**-64
            self.rescaled, self.anchor = (factor, self.anchor), 0.0
        elif 64.0 * abs(layout.step) > real.below(math.inf):
            factor = 2.0**16
            self.rescaled, self.anchor = (factor, 0.0), real.nearest(self.anchor / factor)
        self.step = real.nearest(layout.step / factor)
        self.window = real.at_most(layout.window[0]), real.at_least(layout.window[1])
        self.p = [real.nearest(p) for p in layout.p]
        q = layout.q
        parts = (self.n - 1.0) + self.n * q[0], self.n * q[1], self.n * q[2]
        self.l = [real.nearest(part) for part in parts]
        self.bounds = real.above(interval.low), real.below(interval.high)

    def polynomial(self, c, x):
        rounded = self.real.round
        return rounded(c[0] + rounded(rounded(c[1] + rounded(c[2] * x)) * x))

    def candidate(self, word):
        """The strip of a word, its abscissa, its value, and whether it is inside and sure."""
        rounded = self.real.round
        product = word * self.count
        strip = self.first + (product >> self.size)
        share = product % 2**self.size >> (self.size - self.d)
        edge = self.table.edges[strip]
        inner = rounded(share * (self.table.widths[strip] * 2.0**-self.d))
        x = rounded(edge + inner)
        beyond = rounded(rounded(edge - self.origin) + inner)
        value = rounded(rounded(beyond * self.step) + self.anchor)
        if self.rescaled is None:
            value = hold(value, *self.bounds)
        total = self.table.entries[strip] % self.n + word % self.n
        inside = self.window[0] < x < self.window[1]
        return strip, x, value, inside, inside and self.polynomial(self.l, x) < total

    # 6.9 Values by strips

    def value(self, word):
        _, _, value, _, sure = self.candidate(word)
        return value, sure

    def decided(self, own, finer, _):
        rounded, unit = self.real.round, 2.0**-self.d
        strip, x, value, inside, _ = self.candidate(own)
        coarse = self.n - 1 - own % self.n
        fine = rounded(rounded((finer >> (self.size - self.d)) + 0.5) * unit)
        height = rounded(rounded(coarse + fine) * rounded(self.table.area * unit / self.n))
        exponential = exp_of_negative(self.real, self.polynomial(self.p, x))
        limit = rounded(exponential * abs(self.table.widths[strip] * unit))
        return value if height < limit and inside else None

    def values(self, words, start):
        values = self.block(words, start)
        if self.rescaled is None:
            return values
        rounded, (factor, summand) = self.real.round, self.rescaled
        return [hold(rounded(rounded(v * factor) + summand), *self.bounds) for v in values]


def exp_of_negative(real, x):
    return power(real, max(real.round(x * real.round(-LOG2_E)), -120.0))


DISTRIBUTIONS = {
    "uniform": uniform,
    "normal": normal,
    "truncated_normal": truncated,
    "truncated_normal_absolute": truncated_absolute,
}

# --- 7. Tables ----------------------------------------------------------------------------------------


def read_words(real, name):
    """The area, the start of the tail or 0, and the entries of a table."""
    lines = pathlib.Path(__file__).with_name("tables.txt").read_text().split()
    at = lines.index(f"{name}_{real.name}")
    count = int(lines[at + 1])
    area, tail = (from_bits(int(word, 16)) for word in lines[at + 2 : at + 4])
    return area, tail, [int(word, 16) for word in lines[at + 4 : at + 4 + count]]


def read_table(real, name):
    area, tail, entries = read_words(real, name)
    floors, heights, total = [], [], 0.0
    for entry in entries:
        height = area / real.number(entry)
        floors.append(real.round(total))
        heights.append(real.round(height))
        total += height
    if tail:
        floors[0], heights[0] = heights[0], 0.0
    return entries, floors, heights, tail


class StripTable:
    def __init__(self, real, name):
        self.area, _, self.entries = read_words(real, "strips_" + name)
        self.widths = [real.number(entry) for entry in self.entries]
        self.edges = [1.0 if name == "outer" else 0.0]
        for width in self.widths[:-1]:
            self.edges.append(real.round(self.edges[-1] + width))
        self.right = self.edges
        if name == "normal":
            self.entries = self.entries[::-1] + self.entries
            self.widths = [-width for width in self.widths[::-1]] + self.widths
            self.edges = [-edge for edge in self.edges[::-1]] + self.edges

    def upto(self, x):
        return sum(edge <= x for edge in self.right)

    def less(self, x):
        return sum(edge < x for edge in self.right)


# --- 8. Tensors ---------------------------------------------------------------------------------------


def sparse(element, stream, shape, lines, count, std):
    """The bits of a matrix with `count` values in each of its `lines`, which are columns or rows."""
    rows, cols = shape
    number, n = (cols, rows) if lines == "columns" else (rows, cols)
    values = iter(
        fill({"name": "normal", "mean": 0.0, "std": std}, element, stream, 0, number * count)
    )
    matrix = [0] * (rows * cols)
    child = absorb(stream, 0)
    for line in range(number):
        for place in places(child, line, n, count):
            index = place * cols + line if lines == "columns" else line * cols + place
            matrix[index] = next(values)
    return matrix


def places(child, line, n, count):
    """The places of a line that have values, in ascending order."""
    chosen = count if count <= n // 2 else n - count
    per_line = (chosen + 1) // 2
    halves = []
    for word in words(child, line * per_line, per_line):
        halves += [word & 0xFFFFFFFF, word >> 32]
    spare = Xoshiro(absorb(child, line))
    taken = set()
    for half, last in zip(halves, range(n - chosen, n)):
        product = half * (last + 1)
        while product % 2**32 < 2**32 % (last + 1):
            product = (spare.word() >> 32) * (last + 1)
        place = product >> 32
        taken.add(last if place in taken else place)
    return [place for place in range(n) if (place in taken) == (chosen == count)]


# --- The vectors --------------------------------------------------------------------------------------

ALGORITHMS = ["V1"]


def stream_of(vector):
    seed = vector["seed"]
    state = seed_state(bytes.fromhex(seed) if len(seed) == 64 else int(seed))
    for path in vector["path"]:
        state = absorb(state, path)
    return state


def check(what, vector, key, actual):
    if vector[key] != actual:
        asked = {k: v for k, v in vector.items() if k not in ("first", "sha256", "state")}
        sys.exit(f"{what} {asked}: {key} is {vector[key]}, but should be {actual}")


def check_values(what, vector, values):
    element = TYPES[vector["type"]]
    digits = 2 * element.size
    first = values[: len(vector["first"])]
    check(what, vector, "first", [f"{value:0{digits}x}" for value in first])
    check(what, vector, "length", len(values))
    data = b"".join(value.to_bytes(element.size, "little") for value in values)
    check(what, vector, "sha256", hashlib.sha256(data).hexdigest())
    return len(values)


def check_file(name):
    vectors = json.loads(pathlib.Path(name).read_text())
    if vectors.get("algorithm") not in ALGORITHMS:
        known = ", ".join(ALGORITHMS)
        sys.exit(f"{name}: algorithm {vectors.get('algorithm')} is not known; known: {known}")
    count, values = 0, 0
    for vector in vectors["words"]:
        state = stream_of(vector)
        check("words", vector, "state", [f"{word:016x}" for word in state])
        first = words(state, int(vector["offset"]), len(vector["first"]))
        check("words", vector, "first", [f"{word:016x}" for word in first])
        count, values = count + 1, values + len(first)
    for vector in vectors["fills"]:
        arguments = int(vector["offset"]), vector["length"]
        element = TYPES[vector["type"]]
        bits = fill(vector["distribution"], element, stream_of(vector), *arguments)
        count, values = count + 1, values + check_values("fill", vector, bits)
    for vector in vectors["sparse"]:
        element, stream = TYPES[vector["type"]], stream_of(vector)
        bits = sparse(element, stream, *(vector[key] for key in ("shape", "lines", "count", "std")))
        count, values = count + 1, values + check_values("sparse", vector, bits)
    print(f"{name}: {count} vectors, {values} values, all equal")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} test_vectors.json")
    check_file(sys.argv[1])
