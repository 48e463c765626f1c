// Numbers and words of the two types that kernels compute in, and what of CUDA the kernels use.
//
// Every floating-point operation is an intrinsic with its rounding, which no compiler fuses with another:
// none of them is written as an operator. Each is a single instruction of PTX.
#pragma once
#include "format.h"

#ifdef __CUDACC__
#define DEVICE __device__ __forceinline__
#define UNROLL _Pragma("unroll")
#define ROLL _Pragma("unroll 1")
#define FAIL() __trap()
/// The bits of the nearest f16.
DEVICE unsigned short half_bits(float a) {
    unsigned short bits;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(a));
    return bits;
}
/// The low byte of a word, an index. A compiler that knew it would shift the word first, and add to it then:
/// that is an instruction more.
DEVICE unsigned low_byte(unsigned a) {
    unsigned byte;
    asm("and.b32 %0, %1, 255;" : "=r"(byte) : "r"(a));
    return byte;
}
/// Stores 2, 4, 8 or 16 bytes: a pointer would not tell that the memory is global.
template <class T> DEVICE void write(unsigned long long to, T value) {
    unsigned words[4] = {};
    memcpy(words, &value, sizeof value);
    if (sizeof(T) == 2) asm volatile("st.global.b16 [%0], %1;" ::"l"(to), "h"((unsigned short)words[0]));
    if (sizeof(T) == 4) asm volatile("st.global.b32 [%0], %1;" ::"l"(to), "r"(words[0]));
    if (sizeof(T) == 8) asm volatile("st.global.v2.b32 [%0], {%1, %2};" ::"l"(to), "r"(words[0]), "r"(words[1]));
    if (sizeof(T) == 16) {
        asm volatile("st.global.v4.b32 [%0], {%1, %2, %3, %4};" ::"l"(to), "r"(words[0]), "r"(words[1]),
                     "r"(words[2]), "r"(words[3]));
    }
}
#else
#include "host.h"
#endif

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;

// ---- operations

DEVICE float plus(float a, float b) { return __fadd_rn(a, b); }
DEVICE float minus(float a, float b) { return __fsub_rn(a, b); }
DEVICE float times(float a, float b) { return __fmul_rn(a, b); }
DEVICE double plus(double a, double b) { return __dadd_rn(a, b); }
DEVICE double minus(double a, double b) { return __dsub_rn(a, b); }
DEVICE double times(double a, double b) { return __dmul_rn(a, b); }
DEVICE double over(double a, double b) { return __ddiv_rn(a, b); }

DEVICE u32 bits_of(float a) { return __float_as_uint(a); }
DEVICE u64 bits_of(double a) { return (u64)__double_as_longlong(a); }
DEVICE float number_of(u32 bits) { return __uint_as_float(bits); }
DEVICE double number_of(u64 bits) { return __longlong_as_double((i64)bits); }

/// The number of a small integer.
DEVICE float number(u32 a) { return __int2float_rn((int)a); }
DEVICE double number(u64 a) { return __ll2double_rn((i64)a); }

DEVICE void set(float &to, double from) { to = __double2float_rn(from); }
DEVICE void set(double &to, double from) { to = from; }

DEVICE float magnitude(float a) { return number_of(bits_of(a) & 0x7fffffffu); }
DEVICE double magnitude(double a) { return number_of(bits_of(a) & 0x7fffffffffffffffull); }

/// The second of equal numbers, as the format has it: of two zeros, too.
template <class R> DEVICE R at_least(R a, R least) { return a > least ? a : least; }
template <class R> DEVICE R at_most(R a, R most) { return a < most ? a : most; }
template <class R> DEVICE R hold(R a, const R *bounds) { return at_most(at_least(a, bounds[0]), bounds[1]); }

// ---- words

template <class R> struct WordOf;
template <> struct WordOf<float> { typedef u32 Word; };
template <> struct WordOf<double> { typedef u64 Word; };
template <class R> using Word = typename WordOf<R>::Word;

/// Elements of a step of the generator, of a block, and of a step for each lane.
template <class R> constexpr int GROUP = LANES * sizeof(u64) / sizeof(R);
template <class R> constexpr int BLOCK = BLOCK_STEPS * GROUP<R>;
template <class R> constexpr int EACH = GROUP<R> / LANES;

/// The word of an element of a lane's word.
DEVICE u32 part(u64 word, int element, float) { return (u32)(word >> 32 * element); }
DEVICE u64 part(u64 word, int, double) { return word; }

/// The top bits of a word, 24 or 53, as a number.
DEVICE float digits(u32 word) { return number(word >> 8); }
DEVICE double digits(u64 word) { return number(word >> 11); }

/// The upper half of a product.
DEVICE u32 upper(u32 a, u32 b) { return (u32)((u64)a * b >> 32); }
DEVICE u64 upper(u64 a, u64 b) { return __umul64hi(a, b); }

// ---- functions, which are explained in src/kernel/math.rs

template <class R, int K> DEVICE R series(R r) {
    if constexpr (K == TERMS<R> - 1) return TERM<R, K>;
    else return plus(times(series<R, K + 1>(r), r), TERM<R, K>);
}

/// 2^t of numbers whose power is a normal number.
template <class R> DEVICE R power_of_2(R t) {
    constexpr int MANTISSA = sizeof(R) == 4 ? 23 : 52;
    R shifted = plus(t, ROUND<R>), r = minus(t, minus(shifted, ROUND<R>));
    return number_of((Word<R>)(bits_of(series<R, 0>(r)) + (bits_of(shifted) << MANTISSA)));
}

template <class R> DEVICE R bell(R x) { return power_of_2<R>(times(times(x, x), BELL<R>)); }

template <class R> DEVICE R exp_of_negative(R x) {
    return power_of_2<R>(at_least(times(x, EXPONENTIAL<R>), LEAST_POWER<R>));
}

DEVICE double ln(double x) {
    u64 bits = bits_of(x) - SQRT_HALF;
    double e = __int2double_rn((int)((i64)bits >> 52));
    double m = number_of((bits & ((1ull << 52) - 1)) + SQRT_HALF);
    double f = minus(m, 1.0), s = over(f, plus(2.0, f)), z = times(s, s), tail = 0.0;
    UNROLL for (int k = 23; k > 2; k -= 2) tail = times(plus(tail, 2.0 / k), z);
    double low = times(e, LN_2_LOW);
    return plus(times(e, LN_2_HIGH), minus(f, minus(times(s, minus(f, tail)), low)));
}

// ---- elements: how computed numbers are stored

struct F32 {
    typedef float Real;
    typedef float Stored;
    static constexpr bool HELD = false;
    static DEVICE Stored store(float a) { return a; }
};

struct F64 {
    typedef double Real;
    typedef double Stored;
    static constexpr bool HELD = false;
    static DEVICE Stored store(double a) { return a; }
};

struct F16 {
    typedef float Real;
    typedef u16 Stored;
    static constexpr bool HELD = true;
    static DEVICE Stored store(float a) { return half_bits(a); }
};

struct Bf16 {
    typedef float Real;
    typedef u16 Stored;
    static constexpr bool HELD = true;
    /// To nearest, ties to even: by integers, as processors before sm_80 have no instruction. No number is
    /// NaN.
    static DEVICE Stored store(float a) {
        u32 bits = bits_of(a);
        return (u16)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
    }
};
