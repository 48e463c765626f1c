// What the kernels use of CUDA, on a host: built without -mfma and with -ffp-contract=off.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#define DEVICE inline
#define UNROLL
#define ROLL
#define FAIL() (fprintf(stderr, "a list is full\n"), abort())

template <class To, class From> inline To cast(From from) {
    static_assert(sizeof(To) == sizeof(From));
    To to;
    memcpy(&to, &from, sizeof to);
    return to;
}

template <class T> inline void write(unsigned long long to, T value) { *(T *)to = value; }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dsub_rn(double a, double b) { return a - b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline double __ddiv_rn(double a, double b) { return a / b; }
inline float __int2float_rn(int a) { return (float)a; }
inline double __int2double_rn(int a) { return a; }
inline double __ll2double_rn(long long a) { return (double)a; }
inline float __double2float_rn(double a) { return (float)a; }
inline unsigned __float_as_uint(float a) { return cast<unsigned>(a); }
inline float __uint_as_float(unsigned a) { return cast<float>(a); }
inline long long __double_as_longlong(double a) { return cast<long long>(a); }
inline double __longlong_as_double(long long a) { return cast<double>(a); }
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
    return (unsigned long long)((unsigned __int128)a * b >> 64);
}
inline unsigned __byte_perm(unsigned a, unsigned b, unsigned places) {
    unsigned long long both = (unsigned long long)b << 32 | a;
    unsigned bytes = 0;
    for (int i = 0; i < 4; i++) bytes |= (unsigned)(both >> (places >> 4 * i & 7) * 8 & 0xff) << 8 * i;
    return bytes;
}
inline unsigned low_byte(unsigned a) { return a & 255; }
inline int __popc(unsigned a) { return __builtin_popcount(a); }
inline int __popcll(unsigned long long a) { return __builtin_popcountll(a); }
inline int __ffs(int a) { return __builtin_ffs(a); }
inline unsigned short half_bits(float a) { return cast<unsigned short>((_Float16)a); }
