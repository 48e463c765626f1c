// The constants of format V1, and a fill as the host describes it.
//
// Written by tools/header from the Rust crate `seedbed`, feature `device`: do not edit.
#pragma once

constexpr int LANES = 8;
constexpr int BLOCK_STEPS = 256;
constexpr int CHUNK_BLOCKS = 128;
constexpr int DIGITS = 4;
constexpr int DIGIT_BITS = 12;
constexpr int STRIPS = 1024;
constexpr int SCALED = 1;
constexpr int FOLDED = 2;
template <class R> constexpr int LAYERS = 0;
template <> constexpr int LAYERS<float> = 256;
template <> constexpr int LAYERS<double> = 1024;
template <class R> constexpr int LOW = 0;
template <> constexpr int LOW<float> = 255;
template <> constexpr int LOW<double> = 2047;
template <class R> constexpr int TERMS = 0;
template <> constexpr int TERMS<float> = 8;
template <> constexpr int TERMS<double> = 14;
constexpr unsigned long long GOLDEN = 0x9e3779b97f4a7c15;
constexpr unsigned long long MIX_FIRST = 0xbf58476d1ce4e5b9;
constexpr unsigned long long MIX_SECOND = 0x94d049bb133111eb;
constexpr unsigned long long SQRT_HALF = 0x3fe6a09e667f3bcd;
constexpr double LN_2_HIGH = 0x1.62e42feep-1;
constexpr double LN_2_LOW = 0x1.a39ef35793c76p-33;
template <class R> constexpr R UNIT = 0;
template <> constexpr float UNIT<float> = 0x1p-24f;
template <> constexpr double UNIT<double> = 0x1p-53;
template <class R> constexpr R ROUND = 0;
template <> constexpr float ROUND<float> = 0x1.8p23f;
template <> constexpr double ROUND<double> = 0x1.8p52;
template <class R> constexpr R BELL = 0;
template <> constexpr float BELL<float> = -0x1.715476p-1f;
template <> constexpr double BELL<double> = -0x1.71547652b82fep-1;
template <class R> constexpr R EXPONENTIAL = 0;
template <> constexpr float EXPONENTIAL<float> = -0x1.715476p0f;
template <> constexpr double EXPONENTIAL<double> = -0x1.71547652b82fep0;
template <class R> constexpr R LEAST_POWER = 0;
template <> constexpr float LEAST_POWER<float> = -0x1.ep6f;
template <> constexpr double LEAST_POWER<double> = -0x1.ep6;
template <class R, int K> constexpr R TERM = 0;
template <> constexpr float TERM<float, 0> = 0x1p0f;
template <> constexpr double TERM<double, 0> = 0x1p0;
template <> constexpr float TERM<float, 1> = 0x1.62e43p-1f;
template <> constexpr double TERM<double, 1> = 0x1.62e42fefa39efp-1;
template <> constexpr float TERM<float, 2> = 0x1.ebfbep-3f;
template <> constexpr double TERM<double, 2> = 0x1.ebfbdff82c58ep-3;
template <> constexpr float TERM<float, 3> = 0x1.c6b08ep-5f;
template <> constexpr double TERM<double, 3> = 0x1.c6b08d704a0bfp-5;
template <> constexpr float TERM<float, 4> = 0x1.3b2ab6p-7f;
template <> constexpr double TERM<double, 4> = 0x1.3b2ab6fba4e77p-7;
template <> constexpr float TERM<float, 5> = 0x1.5d87fep-10f;
template <> constexpr double TERM<double, 5> = 0x1.5d87fe78a6731p-10;
template <> constexpr float TERM<float, 6> = 0x1.430912p-13f;
template <> constexpr double TERM<double, 6> = 0x1.430912f86c787p-13;
template <> constexpr float TERM<float, 7> = 0x1.ffcbfcp-17f;
template <> constexpr double TERM<double, 7> = 0x1.ffcbfc588b0c6p-17;
template <> constexpr float TERM<float, 8> = 0x1.62c022p-20f;
template <> constexpr double TERM<double, 8> = 0x1.62c0223a5c823p-20;
template <> constexpr float TERM<float, 9> = 0x1.b5253ep-24f;
template <> constexpr double TERM<double, 9> = 0x1.b5253d395e7c3p-24;
template <> constexpr float TERM<float, 10> = 0x1.e4cf52p-28f;
template <> constexpr double TERM<double, 10> = 0x1.e4cf5158b8ec8p-28;
template <> constexpr float TERM<float, 11> = 0x1.e8cac8p-32f;
template <> constexpr double TERM<double, 11> = 0x1.e8cac7351bb23p-32;
template <> constexpr float TERM<float, 12> = 0x1.c3bd66p-36f;
template <> constexpr double TERM<double, 12> = 0x1.c3bd650fc2984p-36;
template <> constexpr float TERM<float, 13> = 0x1.816194p-40f;
template <> constexpr double TERM<double, 13> = 0x1.816193166d0f7p-40;

enum class Kind { Constant = 0, Uniform = 1, Ziggurat = 2, Strips = 3 };

/// A range of the elements of a stream with a distribution.
struct Job {
    unsigned long long kind; // The number of the kernel.
    unsigned long long table; // Where the distribution's table begins, in bytes from the first table.
    unsigned long long out; // Address of the first element; 0 until a launch sets it.
    unsigned long long first_run; // Number of the launch's first run of blocks that is this job's; 0 until a launch sets it.
    unsigned long long stream[4]; // The stream's state.
    unsigned long long offset; // The first element, counted from the stream's start.
    unsigned long long len; // How many elements, those between the rows of a rectangle included.
    unsigned long long width; // Elements of a row of the tensor, if only some columns are filled; else 0.
    unsigned long long columns[2]; // The first of these columns, and how many.
    double scale; // What a value changes by where a candidate changes by 1.
    double shift; // The value of the candidate 0; of strips, of `origin`.
    unsigned long long second; // What is done to every value in the end: 0 nothing, 1 scaled, 2 folded and scaled.
    double again[2]; // The factor of that, and what it adds.
    double held[2]; // Computed values are held within these: in the end, or if nothing is done there, at first.
    double bounds[2]; // Values are held within these before they are rounded to 16 bits.
    double window[2]; // Candidates that may be returned lie strictly between these.
    double tail; // Start of a ziggurat's tail, or 0.
    double exponent[3]; // Minus the logarithm of the density at a candidate of strips, as a polynomial.
    double least[3]; // What a sum of threshold and height must be above to be accepted at once.
    double origin; // The candidate of strips whose value is `shift`.
    double area; // The factor of the heights of strips.
    unsigned long long first_strip; // The first strip.
    unsigned long long strips; // How many strips.
};
static_assert(sizeof(Job) == 280, "as in Rust");
