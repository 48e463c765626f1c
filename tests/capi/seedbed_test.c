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
static uint16_t bf16[LEN];

static void print_fills(void)
{
#define LAW(law, ...)                                                                     \
    OK(seedbed_fill_##law##_f32(f32, LEN, 42, PATH, 1000, __VA_ARGS__, 1));               \
    OK(seedbed_fill_##law##_f64(f64, LEN, 42, PATH, 1000, __VA_ARGS__, 0));               \
    OK(seedbed_fill_##law##_bf16(bf16, LEN, 42, PATH, 1000, __VA_ARGS__, 2));             \
    fwrite(f32, sizeof f32, 1, stdout);                                                   \
    fwrite(f64, sizeof f64, 1, stdout);                                                   \
    fwrite(bf16, sizeof bf16, 1, stdout)

    LAW(uniform, -0.5, 0.5);
    LAW(normal, 1.0, 0.02);
    LAW(normal, 0.0, 1e-39); /* zeros if subnormal numbers are */
    LAW(truncated_normal, 1.0, 0.02, -2.0, 2.0);
    LAW(truncated_normal_absolute, 1.0, 0.02, 0.9, 1.5);
}

static int initialize(int dtype, const char *json, const size_t *dims, size_t rank)
{
    return seedbed_initialize(again, LEN, dtype, json, dims, rank, 42, PATH, 0);
}

static void initializers(void)
{
    const char *he_normal = "{\"class_name\": \"keras.he_normal\", \"config\": {}}";
    const char *misspelt = "{\"class_name\": \"keras.he_norml\", \"config\": {}}";
    const char *square = "{\"class_name\": \"torch.eye_\", \"config\": {}}";
    const size_t dims[] = {20, 50}, huge[] = {(size_t)-1, 2};

    OK(initialize(SEEDBED_F32, he_normal, dims, 2));
    fwrite(again, sizeof again, 1, stdout);
    OK(seedbed_initialize(bf16, LEN, SEEDBED_BF16, he_normal, dims, 2, 42, PATH, 1));
    OK(seedbed_initialize(bf16, LEN, SEEDBED_F16, he_normal, dims, 2, 42, PATH, 1));
    OK(seedbed_initialize(f64, LEN, SEEDBED_F64, he_normal, dims, 2, 42, PATH, 1));

    EXPECT(initialize(SEEDBED_F32, "{", dims, 2), SEEDBED_CONFIG, "is not JSON");
    EXPECT(initialize(SEEDBED_F32, "[]", dims, 2), SEEDBED_CONFIG, "class_name");
    EXPECT(initialize(SEEDBED_F32, misspelt, dims, 2), SEEDBED_CONFIG, "did you mean `he_normal`?");
    EXPECT(initialize(SEEDBED_F32, "\xff", dims, 2), SEEDBED_UTF8, "json");
    EXPECT(initialize(SEEDBED_F32, NULL, dims, 2), SEEDBED_POINTER, "json is null");
    EXPECT(initialize(SEEDBED_F32, he_normal, NULL, 2), SEEDBED_POINTER, "dims is null");
    EXPECT(initialize(SEEDBED_F32, he_normal, huge, 2), SEEDBED_LENGTH, "address space");
    EXPECT(initialize(SEEDBED_F32, he_normal, dims, 1), SEEDBED_LENGTH, "has 1000 elements");
    EXPECT(initialize(SEEDBED_F32, square, dims, 1), SEEDBED_PARAMETER, "rank 2");
    EXPECT(initialize(4, he_normal, dims, 2), SEEDBED_PARAMETER, "dtype is 4");
}

static int normal(float *out, size_t len, const char *path, uint64_t offset, double std,
                  size_t threads)
{
    return seedbed_fill_normal_f32(out, len, 42, path, offset, 0.0, std, threads);
}

static void errors(void)
{
    const uint64_t end = (uint64_t)1 << 60;

    EXPECT(normal(NULL, 1, PATH, 0, 1.0, 1), SEEDBED_POINTER, "out is null");
    EXPECT(normal(f32, LEN, NULL, 0, 1.0, 1), SEEDBED_POINTER, "path is null");
    EXPECT(normal((float *)((char *)f32 + 1), 1, PATH, 0, 1.0, 1), SEEDBED_POINTER, "aligned");
    EXPECT(normal(f32, (size_t)-1, PATH, 0, 1.0, 1), SEEDBED_LENGTH, "address space");
    EXPECT(normal(f32, LEN, "\xc3", 0, 1.0, 1), SEEDBED_UTF8, "path is not UTF-8");
    EXPECT(normal(f32, LEN, PATH, 0, -1.0, 1), SEEDBED_PARAMETER, "std is -1");
    EXPECT(normal(f32, LEN, PATH, end + 1, 1.0, 1), SEEDBED_PARAMETER, "offset is");
    EXPECT(normal(f32, LEN, PATH, end - 1, 1.0, 1), SEEDBED_PARAMETER, "offset is");
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
    errors();
    return 0;
}
