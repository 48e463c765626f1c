// xoshiro256++ in a lane, its jumps and its side streams: src/generator of the crate explains them.
#pragma once
#include "numbers.h"

struct Lane { u64 s0, s1, s2, s3; };

/// A polynomial over GF(2): advances a lane by a distance.
struct Polynomial { u64 words[4]; };

/// The tables of polynomials, which are the first of all tables.
struct Jumps {
    Polynomial chunks[DIGITS][1 << DIGIT_BITS];
    Polynomial blocks[CHUNK_BLOCKS];
};

DEVICE u64 rotated(u64 x, int n) { return x << n | x >> (64 - n); }

DEVICE void step(Lane &x) {
    Lane y = x;
    x.s0 = y.s0 ^ y.s3 ^ y.s1;
    x.s1 = y.s1 ^ y.s2 ^ y.s0;
    x.s2 = y.s2 ^ y.s0 ^ y.s1 << 17;
    x.s3 = rotated(y.s3 ^ y.s1, 45);
}

DEVICE u64 next(Lane &x) {
    u64 word = rotated(x.s0 + x.s3, 23) + x.s0;
    step(x);
    return word;
}

DEVICE u64 mix(u64 z) {
    z = (z ^ z >> 30) * MIX_FIRST;
    z = (z ^ z >> 27) * MIX_SECOND;
    return z ^ z >> 31;
}

/// Output `k` of SplitMix64 started at each word: a lane of a stream, or of a side stream.
DEVICE Lane expand(const Lane &words, u64 k) {
    u64 far = GOLDEN * (k + 1);
    Lane x = {mix(words.s0 + far), mix(words.s1 + far), mix(words.s2 + far), mix(words.s3 + far)};
    x.s0 |= (x.s0 | x.s1 | x.s2 | x.s3) == 0;
    return x;
}

DEVICE void advance(Lane &x, const Polynomial &distance) {
    Lane sum = {0, 0, 0, 0};
    Polynomial rest = distance;
    ROLL for (int byte = 0; byte < 32; byte++) {
        u32 bits = (u32)rest.words[0];
        UNROLL for (int i = 0; i < 4; i++) rest.words[i] = rest.words[i] >> 8 | (i < 3 ? rest.words[i + 1] << 56 : 0);
        UNROLL for (int i = 0; i < 8; i++) {
            // The bit in every place: two instructions, and none for the upper half.
            u32 half = (u32)((int)(bits << (31 - i)) >> 31);
            u64 take = (u64)half << 32 | half;
            sum.s0 ^= x.s0 & take;
            sum.s1 ^= x.s1 & take;
            sum.s2 ^= x.s2 & take;
            sum.s3 ^= x.s3 & take;
            step(x);
        }
    }
    x = sum;
}

/// A lane of a stream at the start of a block, which is counted from the stream's start.
DEVICE Lane lane_at(const u64 *stream, u32 lane, u64 block, const Jumps &jumps) {
    Lane x = expand(Lane{stream[0], stream[1], stream[2], stream[3]}, lane);
    u64 chunk = block / CHUNK_BLOCKS;
    u32 within = (u32)(block % CHUNK_BLOCKS);
    // All distances at one place of the code, which is long.
    ROLL for (int k = 0; k <= DIGITS; k++) {
        u32 digit = k < DIGITS ? (u32)(chunk >> DIGIT_BITS * k & ((1 << DIGIT_BITS) - 1)) : within;
        if (digit) advance(x, k < DIGITS ? jumps.chunks[k][digit] : jumps.blocks[digit]);
    }
    return x;
}

/// An odd multiple of 2^-53 in (0, 1).
DEVICE double open_unit(Lane &x) {
    return times(plus(__ll2double_rn((i64)(next(x) >> 12)), 0.5), 0x1p-52);
}

/// A normal number conditioned on being above `tail` (Marsaglia 1964); counts the words that it takes.
DEVICE double beyond_tail(Lane &x, double tail, u32 &drawn) {
    for (;;) {
        // Both logarithms at one place of the code.
        double beyond = 0.0, square = 0.0;
        ROLL for (int which = 0; which < 2; which++) {
            double u = open_unit(x), logarithm = ln(u);
            drawn++;
            if (which == 0) {
                beyond = over(-logarithm, tail), square = times(beyond, beyond);
            } else if (times(2.0, minus(1.0, u)) > square || times(-2.0, logarithm) > square) {
                return plus(tail, beyond);
            }
        }
    }
}
