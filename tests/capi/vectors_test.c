/* Fills that the lines of the standard input ask for, printed as they are in memory. A line is
 *
 *     seed path dtype offset len uniform|normal|truncated_normal|truncated_normal_absolute numbers..
 *     seed path dtype offset len initialize rank dims.. json
 */

#include "seedbed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(int holds, const char *what)
{
    if (!holds) {
        char message[512];
        seedbed_last_error(message, sizeof message);
        fprintf(stderr, "%s: %s\n", what, message);
        exit(1);
    }
}

static const size_t sizes[] = {4, 8, 2, 2}; /* of SEEDBED_F32, F64, BF16, F16 */

int main(void)
{
    uint64_t seed, offset, size, rank;
    char path[64], call[64], json[256];
    int dtype;

    while (scanf("%" SCNu64 " %63s %d %" SCNu64 " %" SCNu64 " %63s", &seed, path, &dtype, &offset,
                 &size, call) == 6) {
        size_t len = size, dims[2] = {0, 0}, i;
        void *out = malloc(len * sizes[dtype]);
        double a = 0, b = 0, c = 0, d = 0;
        int code;

        if (strcmp(call, "initialize") == 0) {
            check(scanf("%" SCNu64, &rank) == 1 && rank <= 2, "a rank of 1 or 2");
            for (i = 0; i < rank; i++)
                check(scanf("%" SCNu64, &size) == 1 && (dims[i] = size) > 0, "a length");
            check(scanf(" %255[^\n]", json) == 1, "an initializer");
            code = seedbed_initialize(out, len, dtype, json, dims, rank, seed, path, 1);
        } else {
            check(scanf("%lf %lf", &a, &b) == 2, "two numbers");
            if (strncmp(call, "truncated", 9) == 0)
                check(scanf("%lf %lf", &c, &d) == 2, "four numbers");
            if (strcmp(call, "uniform") == 0)
                code = seedbed_fill_uniform(out, len, dtype, seed, path, offset, a, b, 1);
            else if (strcmp(call, "normal") == 0)
                code = seedbed_fill_normal(out, len, dtype, seed, path, offset, a, b, 1);
            else if (strcmp(call, "truncated_normal") == 0)
                code = seedbed_fill_truncated_normal(out, len, dtype, seed, path, offset, a, b, c, d, 1);
            else
                code = seedbed_fill_truncated_normal_absolute(out, len, dtype, seed, path, offset, a, b,
                                                              c, d, 1);
        }
        check(code == SEEDBED_OK, call);
        fwrite(out, sizes[dtype], len, stdout);
        free(out);
    }
    check(feof(stdin), "a line");
    return 0;
}
