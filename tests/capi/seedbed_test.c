/* Fills by every function of seedbed.h, printed as they are in memory, and every error. */

#include "seedbed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEN 1000
#define PATH "encoder.\xc3\xa9.weight"

/* Checks the code of a call and, where it failed, a part of its message. */
static void expect(const char *call, int code, int expected, const char *part)
{
    char message[512] = "";
    if (code != SEEDBED_OK)
        seedbed_last_error(message, sizeof message);
    if (code != expected || strstr(message, part) == NULL) {
        fprintf(stderr, "%s is %d (%s), expected %d (%s)\n", call, code, message, expected, part);
        exit(1);
    }
}
#define EXPECT(call, code, part) expect(#call, call, code, part)
#define OK(call) EXPECT(call, SEEDBED_OK, "")

static void check(int holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "not true: %s\n", what);
        exit(1);
    }
}
#define CHECK(condition) check(condition, #condition)

static float f32[LEN], again[LEN];
static double f64[LEN];
static uint16_t bf16[LEN], f16[LEN];

static void print_fills(void)
{
#define FILL(distribution, ...)                                                              \
    OK(seedbed_fill_##distribution(f32, LEN, SEEDBED_F32, 42, PATH, 1000, __VA_ARGS__, 1));   \
    OK(seedbed_fill_##distribution(f64, LEN, SEEDBED_F64, 42, PATH, 1000, __VA_ARGS__, 0));   \
    OK(seedbed_fill_##distribution(bf16, LEN, SEEDBED_BF16, 42, PATH, 1000, __VA_ARGS__, 2)); \
    OK(seedbed_fill_##distribution(f16, LEN, SEEDBED_F16, 42, PATH, 1000, __VA_ARGS__, 0));   \
    fwrite(f32, sizeof f32, 1, stdout);                                                      \
    fwrite(f64, sizeof f64, 1, stdout);                                                      \
    fwrite(bf16, sizeof bf16, 1, stdout);                                                    \
    fwrite(f16, sizeof f16, 1, stdout)

    FILL(uniform, -0.5, 0.5);
    FILL(normal, 1.0, 0.02);
    FILL(normal, 0.0, 1e-39); /* zeros if subnormal numbers are */
    FILL(truncated_normal, 1.0, 0.02, -2.0, 2.0);
    FILL(truncated_normal_absolute, 1.0, 0.02, 0.9, 1.5);
}

static const char *he_normal = "{\"class_name\": \"keras.he_normal\", \"config\": {}}";

static int initialize(int dtype, const char *json, const size_t *dims, size_t rank)
{
    return seedbed_initialize(again, LEN, dtype, json, dims, rank, 42, PATH, 0);
}

static void initializers(void)
{
    const char *misspelt = "{\"class_name\": \"keras.he_norml\", \"config\": {}}";
    const char *later = "{\"class_name\": \"torch.zeros_\", \"algorithm\": \"V2\"}";
    const char *square = "{\"class_name\": \"torch.eye_\", \"config\": {}}";
    const size_t dims[] = {20, 50}, vector[] = {LEN}, huge[] = {SIZE_MAX, 2};

    OK(initialize(SEEDBED_F32, he_normal, dims, 2));
    fwrite(again, sizeof again, 1, stdout);
    OK(seedbed_initialize(bf16, LEN, SEEDBED_BF16, he_normal, dims, 2, 42, PATH, 1));
    OK(seedbed_initialize(f16, LEN, SEEDBED_F16, he_normal, dims, 2, 42, PATH, 1));
    OK(seedbed_initialize(f64, LEN, SEEDBED_F64, he_normal, dims, 2, 42, PATH, 1));

    EXPECT(initialize(SEEDBED_F32, "{", dims, 2), SEEDBED_CONFIG, "json is `{`, which is not");
    EXPECT(initialize(SEEDBED_F32, "[]", dims, 2), SEEDBED_CONFIG, "class_name");
    EXPECT(initialize(SEEDBED_F32, misspelt, dims, 2), SEEDBED_CONFIG, "did you mean `he_normal`?");
    EXPECT(initialize(SEEDBED_F32, later, dims, 2), SEEDBED_CONFIG,
           "algorithm `V2` is not known; allowed: `V1`");
    EXPECT(initialize(SEEDBED_F32, "\xff", dims, 2), SEEDBED_UTF8, "json");
    EXPECT(initialize(SEEDBED_F32, NULL, dims, 2), SEEDBED_POINTER, "json is null");
    EXPECT(initialize(SEEDBED_F32, he_normal, NULL, 2), SEEDBED_POINTER, "dims is null");
    EXPECT(initialize(SEEDBED_F32, he_normal, huge, 2), SEEDBED_LENGTH, "more than SIZE_MAX");
    EXPECT(initialize(SEEDBED_F32, he_normal, dims, 1), SEEDBED_LENGTH,
           "len is 1000, but the product of dims [20] is 20");
    EXPECT(initialize(SEEDBED_F32, square, vector, 1), SEEDBED_PARAMETER,
           "rank 2, but dims is [1000]");
    EXPECT(initialize(4, he_normal, dims, 2), SEEDBED_PARAMETER, "dtype is 4");
}

static int block(size_t len, const size_t *dims, size_t rank, const size_t *starts,
                 const size_t *counts)
{
    return seedbed_initialize_block(f32, len, SEEDBED_F32, he_normal, dims, rank, starts, counts, 42,
                                    PATH, 2);
}

static void blocks(void)
{
    const size_t dims[] = {20, 50}, starts[] = {3, 40}, counts[] = {16, 10};
    const size_t zeros[] = {0, 0}, outside[] = {4, 41}, far[] = {0, SIZE_MAX};
    const size_t huge[] = {SIZE_MAX, 2}, larger[] = {(size_t)1 << 31, (size_t)1 << 30};
    const size_t beyond_the_stream[] = {((size_t)1 << 31) - 16, 40};
    size_t row;

    OK(initialize(SEEDBED_F32, he_normal, dims, 2));
    OK(block(LEN, dims, 2, zeros, dims));
    CHECK(memcmp(f32, again, sizeof f32) == 0);
    OK(block(160, dims, 2, starts, counts));
    for (row = 0; row < 16; row++)
        CHECK(memcmp(f32 + row * 10, again + (3 + row) * 50 + 40, 10 * sizeof *f32) == 0);
    OK(block(0, dims, 2, starts, zeros));

    memcpy(f32, again, sizeof f32);
    EXPECT(block(160, dims, 2, outside, counts), SEEDBED_PARAMETER,
           "starts[1] is 41 and counts[1] is 10, but dims[1] is 50");
    EXPECT(block(160, dims, 2, far, counts), SEEDBED_PARAMETER, "but dims[1] is 50");
    EXPECT(block(159, dims, 2, starts, counts), SEEDBED_LENGTH,
           "len is 159, but the product of counts [16, 10] is 160");
    EXPECT(block(160, huge, 2, starts, counts), SEEDBED_LENGTH, "dims [18446744073709551615, 2]");
    EXPECT(block(160, larger, 2, beyond_the_stream, counts), SEEDBED_PARAMETER,
           "out ends at element 2305843008139952178 of dims, but a stream has 2^60 elements");
    EXPECT(block(160, dims, 2, NULL, counts), SEEDBED_POINTER, "starts is null");
    EXPECT(block(160, dims, 2, starts, NULL), SEEDBED_POINTER, "counts is null");
    CHECK(memcmp(f32, again, sizeof f32) == 0);
}

static int normal(float *out, size_t len, const char *path, uint64_t offset, double std,
                  size_t threads)
{
    return seedbed_fill_normal(out, len, SEEDBED_F32, 42, path, offset, 0.0, std, threads);
}

static void errors(void)
{
    const uint64_t end = (uint64_t)1 << 60;

    EXPECT(normal(NULL, 1, PATH, 0, 1.0, 1), SEEDBED_POINTER, "out is null");
    EXPECT(normal(f32, LEN, NULL, 0, 1.0, 1), SEEDBED_POINTER, "path is null");
    EXPECT(normal((float *)((char *)f32 + 1), 1, PATH, 0, 1.0, 1), SEEDBED_POINTER,
           "aligned to 4 bytes");
    EXPECT(seedbed_fill_normal(f32, LEN, -1, 42, PATH, 0, 0.0, 1.0, 1), SEEDBED_PARAMETER,
           "dtype is -1, but must be SEEDBED_F32, SEEDBED_F64, SEEDBED_BF16 or SEEDBED_F16");
    EXPECT(normal(f32, (size_t)-1, PATH, 0, 1.0, 1), SEEDBED_LENGTH, "address space");
    EXPECT(normal(f32, LEN, "\xc3", 0, 1.0, 1), SEEDBED_UTF8, "path is not UTF-8");
    EXPECT(normal(f32, LEN, PATH, 0, -1.0, 1), SEEDBED_PARAMETER, "std is -1");
    EXPECT(normal(f32, LEN, PATH, end + 1, 1.0, 1), SEEDBED_PARAMETER, "offset + len is");
    EXPECT(normal(f32, LEN, PATH, end - 1, 1.0, 1), SEEDBED_PARAMETER, "offset + len is");
    EXPECT(normal(f32, LEN, PATH, 0, 1.0, 1025), SEEDBED_PARAMETER, "threads is 1025");
    OK(normal(NULL, 0, PATH, 0, 1.0, 1));
    OK(normal(f32, LEN, PATH, 0, 1.0, 3));
    OK(normal(again, LEN, PATH, 0, 1.0, 1));
    CHECK(memcmp(f32, again, sizeof f32) == 0);
}

static void messages(void)
{
    char message[9];
    const size_t length = strlen("out is null, but has a length of 1");

    CHECK(seedbed_last_error(NULL, 0) == 0);
    EXPECT(normal(NULL, 1, PATH, 0, 1.0, 1), SEEDBED_POINTER, "out is null, but has a length of 1");
    CHECK(seedbed_last_error(NULL, 0) == length);
    CHECK(seedbed_last_error(message, sizeof message) == length);
    CHECK(strcmp(message, "out is n") == 0);
    CHECK(strlen(seedbed_level()) >= strlen("avx2"));
}

int main(void)
{
    messages();
    print_fills();
    initializers();
    blocks();
    errors();
    return 0;
}
