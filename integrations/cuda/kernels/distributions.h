// How a word becomes a value, for each kind of kernel; src/kernel of the crate explains the methods.
//
// A distribution has
//   candidate(word, given)              a value, and whether it is accepted at once;
//   test(own, deciding, other, given)   the value of an element that was not: of its own word where that
//                                       is below the curve, else of the other; and what is left to do.
// Its constants say whether it takes words (DRAWS), whether there is anything to test (TESTS), whether it
// has tails (TAILS), how many words of its table are in shared memory (NEAR), how many steps a batch has
// (STEPS), and what the queue and the list of a later round have room for (QUEUE, LATER).
#pragma once
#include "generator.h"

/// The numbers of a job, in the type that is computed in, and its table.
template <class R> struct Given {
    const Word<R> *table;
    const Word<R> *near; // the table, or its first part in shared memory
    R scale, shift, again[2], held[2], bounds[2], window[2], exponent[3], least[3], origin, area;
    double tail;
    u32 second, first_strip, strips;

    DEVICE void load(const Job &job, const u8 *tables) {
        table = near = (const Word<R> *)(tables + job.table);
        set(scale, job.scale), set(shift, job.shift), set(origin, job.origin), set(area, job.area);
        UNROLL for (int i = 0; i < 2; i++) {
            set(again[i], job.again[i]), set(held[i], job.held[i]);
            set(bounds[i], job.bounds[i]), set(window[i], job.window[i]);
        }
        UNROLL for (int i = 0; i < 3; i++) set(exponent[i], job.exponent[i]), set(least[i], job.least[i]);
        tail = job.tail, second = (u32)job.second;
        first_strip = (u32)job.first_strip, strips = (u32)job.strips;
    }
};

template <class R> struct Candidate { R value, x; bool sure; };
template <class R> struct Tested { R value; bool tail, again, negative; };

template <class R> DEVICE R scaled(R x, const Given<R> &given) {
    return plus(times(x, given.scale), given.shift);
}

/// What is done to a value in the end, where something is.
template <class R> DEVICE R finished(R v, const Given<R> &given) {
    if (given.second == FOLDED) v = v < 0 ? minus((R)0, v) : v;
    return hold(plus(times(v, given.again[0]), given.again[1]), given.held);
}

template <class R> struct Constant {
    typedef R Real;
    static constexpr bool DRAWS = false, TESTS = false, TAILS = false;
    static constexpr int NEAR = 0, STEPS = 16, QUEUE = 1, LATER = 1;
    static DEVICE Candidate<R> candidate(Word<R>, const Given<R> &given) { return {given.shift, 0, true}; }
    static DEVICE Tested<R> test(Word<R>, Word<R>, Word<R>, const Given<R> &) { return {}; }
};

template <class R> struct Uniform {
    typedef R Real;
    static constexpr bool DRAWS = true, TESTS = false, TAILS = false;
    static constexpr int NEAR = 0, STEPS = 16, QUEUE = 1, LATER = 1;
    static DEVICE Candidate<R> candidate(Word<R> word, const Given<R> &given) {
        return {scaled(digits(word), given), 0, true};
    }
    static DEVICE Tested<R> test(Word<R>, Word<R>, Word<R>, const Given<R> &) { return {}; }
};

// ---- the ziggurat

/// The layer of a word.
DEVICE u32 layer_of(u32 word) { return low_byte(word); }
DEVICE u64 layer_of(u64 word) { return word & (LAYERS<double> - 1); }

/// The abscissa of a candidate, and whether it is surely below the curve.
DEVICE float abscissa(u32 word, u32 entry, bool &sure) {
    int numerator = (int)__byte_perm(word, 0x80, 0x3214); // the low byte is 0x80
    sure = (numerator < 0 ? -numerator : numerator) < (int)(entry << 20);
    return times(__int2float_rn(numerator), number_of(entry));
}

DEVICE double abscissa(u64 word, u64 entry, bool &sure) {
    double one_to_two = number_of(word >> 12 ^ 0x3ff8000000000000ull);
    double x = times(minus(one_to_two, 0x1.fffffffffffffp-1), number_of(entry));
    sure = (i64)word < (i64)(entry << 52);
    return number_of(bits_of(x) ^ (word << 52 & 1ull << 63));
}

template <class R> struct Ziggurat {
    typedef R Real;
    static constexpr bool DRAWS = true, TESTS = true, TAILS = true;
    // Of f32 the floors and heights, too: of f64 they would take as much as what the threads share.
    static constexpr int NEAR = sizeof(R) == 4 ? 3 * LAYERS<R> : LAYERS<R>;
    // Of a hundred elements fewer than 2 (in f64 1) are tested, and of those as few once more: that 3 of 16 of a
    // batch are, or 24 of a block twice, has no chance in 10^24 values.
    static constexpr int STEPS = 16, QUEUE = 3 * GROUP<R> + 3 * STEPS * GROUP<R> / 16, LATER = 24;

    static DEVICE Candidate<R> candidate(Word<R> word, const Given<R> &given) {
        bool sure;
        R x = abscissa(word, given.near[layer_of(word)], sure);
        return {scaled(x, given), x, sure};
    }

    /// The height of a point of a layer, above the foot of the curve.
    static DEVICE R height(Word<R> own, Word<R> deciding, const Given<R> &given) {
        const Word<R> *floors = (NEAR > LAYERS<R> ? given.near : given.table) + LAYERS<R>, *heights = floors + LAYERS<R>;
        Word<R> layer = layer_of(own);
        return plus(number_of(floors[layer]), times(times(digits(deciding), UNIT<R>), number_of(heights[layer])));
    }

    static DEVICE R limit(const Candidate<R> &candidate, Word<R>, const Given<R> &) { return bell<R>(candidate.x); }

    static DEVICE Tested<R> test(Word<R> own, Word<R> deciding, Word<R> other, const Given<R> &given) {
        Candidate<R> a = candidate(own, given), b = candidate(other, given);
        bool below = height(own, deciding, given) < limit(a, own, given);
        below = below && given.window[0] < a.x && a.x < given.window[1];
        // A candidate of layer 0 that is not below the curve stands for a draw from the tail.
        bool tail = !below && layer_of(own) == 0 && given.tail > 0.0;
        return {below ? a.value : b.value, tail, !below && !b.sure && !tail, a.x < 0};
    }
};

// ---- the strips

template <class R> DEVICE R polynomial(const R *p, R x) {
    return plus(p[0], times(plus(p[1], times(p[2], x)), x));
}

template <class R> struct Strips {
    typedef R Real;
    static constexpr bool DRAWS = true, TESTS = true, TAILS = false;
    // Of any interval less than a fiftieth of a block's elements is expected in a second round.
    static constexpr int NEAR = 0, STEPS = 8, QUEUE = 3 * GROUP<R> + STEPS * GROUP<R>, LATER = BLOCK<R> / 16;

    static DEVICE Word<R> strip(Word<R> word, const Given<R> &given) {
        return given.first_strip + upper(word, (Word<R>)given.strips);
    }

    static DEVICE bool inside(R x, const Given<R> &given) { return given.window[0] < x && x < given.window[1]; }

    static DEVICE Candidate<R> candidate(Word<R> word, const Given<R> &given) {
        Word<R> i = strip(word, given), entry = given.table[STRIPS + i];
        R edge = number_of(given.table[i]);
        R within = times(digits((Word<R>)(word * given.strips)), number_of(entry));
        R x = plus(edge, within);
        R value = plus(times(plus(minus(edge, given.origin), within), given.scale), given.shift);
        if (!given.second) value = hold(value, given.held);
        R sum = number((Word<R>)((entry & LOW<R>) + (word & LOW<R>)));
        return {value, x, polynomial(given.least, x) < sum && inside(x, given)};
    }

    static DEVICE R height(Word<R> own, Word<R> deciding, const Given<R> &given) {
        R coarse = number((Word<R>)((own & LOW<R>) ^ LOW<R>));
        R fine = times(plus(digits(deciding), (R)0.5), UNIT<R>);
        return times(plus(coarse, fine), given.area);
    }

    static DEVICE R limit(const Candidate<R> &candidate, Word<R> own, const Given<R> &given) {
        R width = magnitude(number_of(given.table[STRIPS + strip(own, given)]));
        return times(exp_of_negative<R>(polynomial(given.exponent, candidate.x)), width);
    }

    static DEVICE Tested<R> test(Word<R> own, Word<R> deciding, Word<R> other, const Given<R> &given) {
        Candidate<R> a = candidate(own, given), b = candidate(other, given);
        bool below = height(own, deciding, given) < limit(a, own, given) && inside(a.x, given);
        return {below ? a.value : b.value, false, !below && !b.sure, false};
    }
};
