/* Reproducible SIMD, multithreaded sampling kernels.
 *
 * Made by cbindgen from the Rust crate `seedbed`, feature `capi`: do not edit.
 *
 * Every fill returns SEEDBED_OK or the code of an error, whose message seedbed_last_error() copies.
 * After SEEDBED_RESOURCE and SEEDBED_PANIC the contents of `out` are unspecified; any other error
 * leaves `out` as it was. The fills share these arguments:
 *
 * - `out`: room for `len` elements, not null unless `len` is 0;
 * - `dtype`: the type of the elements, SEEDBED_F32, SEEDBED_F64, SEEDBED_BF16 or SEEDBED_F16;
 * - `seed`, `path`: name the stream; `path` is UTF-8 and ends with 0;
 * - `offset`: the position in the stream, in elements;
 * - `threads`: 0 for the process's pool, 1 for the calling thread, n for a pool of n threads.
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
 * `len` is not the product of `dims` or `counts`, or a size is beyond the address space.
 */
#define SEEDBED_LENGTH 3

/**
 * An argument is outside its range, or does not fit the tensor's shape or element type.
 */
#define SEEDBED_PARAMETER 4

/**
 * `json` is malformed, or has a name or a value that is not known.
 */
#define SEEDBED_CONFIG 5

/**
 * There is no memory or no thread, or the library was built without a feature of the crate.
 */
#define SEEDBED_RESOURCE 6

/**
 * The library has a defect: it panicked.
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
 * Copies the message of this thread's last failed call to `buf`, ended by 0 and cut off to fit
 * into `len` bytes. Returns the length of the whole message without the 0, as `snprintf` does, or 0
 * if no call has failed yet.
 *
 * # Safety
 *
 * `buf` has room for `len` bytes, or is null.
 */
size_t seedbed_last_error(char *buf, size_t len);

/**
 * Returns the name of the instruction set that fills use: `portable`, `neon`, `avx2` or `avx512`. To
 * use a lower level, set the environment variable `SEEDBED_MAX_LEVEL` to its name before the first
 * fill.
 */
const char *seedbed_level(void);

/**
 * Fills `out` with values of the uniform distribution on `[low, high)`.
 *
 * # Safety
 *
 * `out` has room for `len` elements of the type `dtype`, which nothing else uses during the call;
 * `path` ends with 0. A null pointer is an error, except an `out` of no elements.
 */
int seedbed_fill_uniform(void *out,
                         size_t len,
                         int dtype,
                         uint64_t seed,
                         const char *path,
                         uint64_t offset,
                         double low,
                         double high,
                         size_t threads);

/**
 * Fills `out` with values of the normal distribution.
 *
 * # Safety
 *
 * As for `seedbed_fill_uniform`.
 */
int seedbed_fill_normal(void *out,
                        size_t len,
                        int dtype,
                        uint64_t seed,
                        const char *path,
                        uint64_t offset,
                        double mean,
                        double std,
                        size_t threads);

/**
 * Fills `out` with values of the normal distribution, truncated `low` and `high` standard
 * deviations from the mean, such as -2 and 2. Either bound may be infinite.
 *
 * # Safety
 *
 * As for `seedbed_fill_uniform`.
 */
int seedbed_fill_truncated_normal(void *out,
                                  size_t len,
                                  int dtype,
                                  uint64_t seed,
                                  const char *path,
                                  uint64_t offset,
                                  double mean,
                                  double std,
                                  double low,
                                  double high,
                                  size_t threads);

/**
 * Fills `out` with values of the normal distribution, truncated at the values `low` and `high`.
 * Either bound may be infinite.
 *
 * # Safety
 *
 * As for `seedbed_fill_uniform`.
 */
int seedbed_fill_truncated_normal_absolute(void *out,
                                           size_t len,
                                           int dtype,
                                           uint64_t seed,
                                           const char *path,
                                           uint64_t offset,
                                           double mean,
                                           double std,
                                           double low,
                                           double high,
                                           size_t threads);

/**
 * Fills `out` with a tensor in row-major order. `dims` has the sizes of its `rank` axes; their
 * product is `len`.
 *
 * `json` is an object with a qualified `class_name` and the parameters in `config`, such as
 * `{"class_name": "keras.he_normal", "config": {}}` or
 * `{"class_name": "torch.normal_", "config": {"std": 0.02}}`. Parameters that are left out have the
 * defaults of their system.
 *
 * # Safety
 *
 * `out` has room for `len` elements of the type `dtype`, which nothing else uses during the call;
 * `dims` has `rank` values; `json` and `path` end with 0. A null pointer is an error, except an `out`
 * or `dims` of no elements.
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

/**
 * Fills `out` with a rectangular block of a tensor, such as the shard of one process, in row-major
 * order. On axis `i`, which has the size `dims[i]`, the block has the `counts[i]` elements from
 * `starts[i]` on; the product of `counts` is `len`.
 *
 * The values are those that `seedbed_initialize` gives these elements of the whole tensor. Only the
 * values that the block needs are sampled, except that an orthogonal tensor is always computed as a
 * whole.
 *
 * # Safety
 *
 * As for `seedbed_initialize`; `starts` and `counts` have `rank` values like `dims`.
 */
int seedbed_initialize_block(void *out,
                             size_t len,
                             int dtype,
                             const char *json,
                             const size_t *dims,
                             size_t rank,
                             const size_t *starts,
                             const size_t *counts,
                             uint64_t seed,
                             const char *path,
                             size_t threads);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* SEEDBED_H */
