/* Reproducible SIMD, multithreaded sampling kernels.
 *
 * Made by cbindgen from the Rust crate `seedbed`, feature `capi`: do not edit.
 *
 * Every function that returns an int returns SEEDBED_OK or another code, for which
 * seedbed_last_error() has a message. Common to all fills:
 *
 * - `out`, `len`: where `len` elements are written; not null unless `len` is 0;
 * - `seed`, `path`: name the stream; `path` is UTF-8 and ends with 0;
 * - `offset`: the position in the stream, in elements;
 * - `threads`: 0 for the process's pool, 1 for the calling thread, n for a pool of n.
 */

#ifndef SEEDBED_H
#define SEEDBED_H

#include <stddef.h>
#include <stdint.h>

/**
 * Success.
 */
#define SEEDBED_OK 0

/**
 * A pointer is null or not aligned.
 */
#define SEEDBED_POINTER 1

/**
 * A string is not UTF-8.
 */
#define SEEDBED_UTF8 2

/**
 * A length is not that of the shape, or beyond the address space.
 */
#define SEEDBED_LENGTH 3

/**
 * A parameter is outside its range, or does not fit the shape or the element type.
 */
#define SEEDBED_PARAMETER 4

/**
 * An initializer's JSON is malformed, or has a name or a value that is not known.
 */
#define SEEDBED_CONFIG 5

/**
 * There is no memory, no thread, or no such feature in this build.
 */
#define SEEDBED_RESOURCE 6

/**
 * A defect of the library.
 */
#define SEEDBED_PANIC 7

/**
 * The element type `float`.
 */
#define SEEDBED_F32 0

/**
 * The element type `double`.
 */
#define SEEDBED_F64 1

/**
 * The element type bfloat16, as `uint16_t`.
 */
#define SEEDBED_BF16 2

/**
 * The element type IEEE half precision, as `uint16_t`.
 */
#define SEEDBED_F16 3

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Copies the message of this thread's last call that failed, ended by 0 and cut off to fit into
 * `len` bytes. Returns the length of the whole message without the 0, as `snprintf` does; 0 where
 * no call has failed yet.
 *
 * # Safety
 *
 * `buf` has `len` bytes, or is null.
 */
size_t seedbed_last_error(char *buf, size_t len);

/**
 * The name of the instruction-set level that fills run at: `portable`, `avx2` or `avx512`. Set the
 * environment variable `SEEDBED_MAX_LEVEL` to one of them before the first fill to cap it.
 */
const char *seedbed_level(void);

/**
 * Fills `out` with `len` `float` values of the uniform law on `[low, high)`.
 *
 * # Safety
 *
 * `out` has room for `len` elements and `path` ends with 0, or they are null.
 */
int seedbed_fill_uniform_f32(float *out,
                             size_t len,
                             uint64_t seed,
                             const char *path,
                             uint64_t offset,
                             double low,
                             double high,
                             size_t threads);

/**
 * Fills `out` with `len` `double` values of the uniform law on `[low, high)`.
 *
 * # Safety
 *
 * `out` has room for `len` elements and `path` ends with 0, or they are null.
 */
int seedbed_fill_uniform_f64(double *out,
                             size_t len,
                             uint64_t seed,
                             const char *path,
                             uint64_t offset,
                             double low,
                             double high,
                             size_t threads);

/**
 * Fills `out` with `len` bfloat16 values of the uniform law on `[low, high)`.
 *
 * # Safety
 *
 * `out` has room for `len` elements and `path` ends with 0, or they are null.
 */
int seedbed_fill_uniform_bf16(uint16_t *out,
                              size_t len,
                              uint64_t seed,
                              const char *path,
                              uint64_t offset,
                              double low,
                              double high,
                              size_t threads);

/**
 * Fills `out` with `len` `float` values of the normal law.
 *
 * # Safety
 *
 * `out` has room for `len` elements and `path` ends with 0, or they are null.
 */
int seedbed_fill_normal_f32(float *out,
                            size_t len,
                            uint64_t seed,
                            const char *path,
                            uint64_t offset,
                            double mean,
                            double std,
                            size_t threads);

/**
 * Fills `out` with `len` `double` values of the normal law.
 *
 * # Safety
 *
 * `out` has room for `len` elements and `path` ends with 0, or they are null.
 */
int seedbed_fill_normal_f64(double *out,
                            size_t len,
                            uint64_t seed,
                            const char *path,
                            uint64_t offset,
                            double mean,
                            double std,
                            size_t threads);

/**
 * Fills `out` with `len` bfloat16 values of the normal law.
 *
 * # Safety
 *
 * `out` has room for `len` elements and `path` ends with 0, or they are null.
 */
int seedbed_fill_normal_bf16(uint16_t *out,
                             size_t len,
                             uint64_t seed,
                             const char *path,
                             uint64_t offset,
                             double mean,
                             double std,
                             size_t threads);

/**
 * Fills `out` with `len` `float` values of the normal law cut off at `low` and `high` standard
 * deviations from the mean.
 *
 * # Safety
 *
 * `out` has room for `len` elements and `path` ends with 0, or they are null.
 */
int seedbed_fill_truncated_normal_f32(float *out,
                                      size_t len,
                                      uint64_t seed,
                                      const char *path,
                                      uint64_t offset,
                                      double mean,
                                      double std,
                                      double low,
                                      double high,
                                      size_t threads);

/**
 * Fills `out` with `len` `double` values of the normal law cut off at `low` and `high` standard
 * deviations from the mean.
 *
 * # Safety
 *
 * `out` has room for `len` elements and `path` ends with 0, or they are null.
 */
int seedbed_fill_truncated_normal_f64(double *out,
                                      size_t len,
                                      uint64_t seed,
                                      const char *path,
                                      uint64_t offset,
                                      double mean,
                                      double std,
                                      double low,
                                      double high,
                                      size_t threads);

/**
 * Fills `out` with `len` bfloat16 values of the normal law cut off at `low` and `high` standard
 * deviations from the mean.
 *
 * # Safety
 *
 * `out` has room for `len` elements and `path` ends with 0, or they are null.
 */
int seedbed_fill_truncated_normal_bf16(uint16_t *out,
                                       size_t len,
                                       uint64_t seed,
                                       const char *path,
                                       uint64_t offset,
                                       double mean,
                                       double std,
                                       double low,
                                       double high,
                                       size_t threads);

/**
 * Fills `out` with `len` `float` values of the normal law cut off at the values `low` and `high`.
 *
 * # Safety
 *
 * `out` has room for `len` elements and `path` ends with 0, or they are null.
 */
int seedbed_fill_truncated_normal_absolute_f32(float *out,
                                               size_t len,
                                               uint64_t seed,
                                               const char *path,
                                               uint64_t offset,
                                               double mean,
                                               double std,
                                               double low,
                                               double high,
                                               size_t threads);

/**
 * Fills `out` with `len` `double` values of the normal law cut off at the values `low` and `high`.
 *
 * # Safety
 *
 * `out` has room for `len` elements and `path` ends with 0, or they are null.
 */
int seedbed_fill_truncated_normal_absolute_f64(double *out,
                                               size_t len,
                                               uint64_t seed,
                                               const char *path,
                                               uint64_t offset,
                                               double mean,
                                               double std,
                                               double low,
                                               double high,
                                               size_t threads);

/**
 * Fills `out` with `len` bfloat16 values of the normal law cut off at the values `low` and `high`.
 *
 * # Safety
 *
 * `out` has room for `len` elements and `path` ends with 0, or they are null.
 */
int seedbed_fill_truncated_normal_absolute_bf16(uint16_t *out,
                                                size_t len,
                                                uint64_t seed,
                                                const char *path,
                                                uint64_t offset,
                                                double mean,
                                                double std,
                                                double low,
                                                double high,
                                                size_t threads);

/**
 * Fills `out` with a tensor of the shape `dims`, which has `rank` dimensions and `len` elements in
 * row-major order.
 *
 * `json` is `{"class_name": .., "config": {..}}` with a qualified name, such as
 * `{"class_name": "keras.HeNormal", "config": {}}`; parameters that are left out have the defaults
 * of their system. `dtype` is `SEEDBED_F32` or another element type.
 *
 * # Safety
 *
 * `out` has room for `len` elements of the type, `dims` has `rank` values, `json` and `path` end
 * with 0, or they are null.
 */
int seedbed_initialize(void *out,
                       size_t len,
                       int dtype,
                       const char *json,
                       const size_t *dims,
                       size_t rank,
                       uint64_t seed,
                       const char *path,
                       size_t threads);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* SEEDBED_H */
