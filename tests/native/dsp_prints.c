/* Prints what dsp.h makes of numbers on standard input: "fft n x...",
 * "resample rate block n x...", "dense n_in n_out w... b... x...". */
#include "dsp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static float *read_floats(size_t n)
{
    float *values = malloc((n + 1) * sizeof *values);
    for (size_t k = 0; k < n; k++)
        if (scanf("%f", &values[k]) != 1)
            exit(2);
    return values;
}

static void print(const float *values, size_t n)
{
    for (size_t k = 0; k < n; k++)
        printf("%.9g ", values[k]);
    printf("\n");
}

static void *memory(size_t size)
{
    return aligned_alloc(16, (size + 15) / 16 * 16);
}

static void transform(void)
{
    size_t n;
    if (scanf("%zu", &n) != 1)
        exit(2);
    fft *self = memory(fft_size(n));
    fft_init(self, n);
    float *x = read_floats(n);
    float *re = memory((n / 2 + 1) * sizeof(float)), *im = memory((n / 2 + 1) * sizeof(float));
    fft_real(self, x, re, im);
    print(re, n / 2 + 1), print(im, n / 2 + 1);
    free(self), free(x), free(re), free(im);
}

static void resample(void)
{
    double rate_hz;
    size_t block, n, used, given = 0, room = 7; /* little room, so that it runs full */
    float out[7];
    if (scanf("%lf %zu %zu", &rate_hz, &block, &n) != 3)
        exit(2);
    resampler_plan *plan = memory(resampler_plan_size(rate_hz));
    resampler *self = memory(sizeof *self);
    resampler_plan_init(plan, rate_hz);
    resampler_init(self, plan);
    float *x = read_floats(n);
    printf("%.9g\n", resampler_delay_sec(plan));
    for (size_t at = 0; at < n || given == room;) {
        size_t here = n - at < block ? n - at : block;
        given = resampler_process(self, x + at, here, &used, out, room);
        at += used;
        for (size_t k = 0; k < given; k++)
            printf("%.9g ", out[k]);
    }
    printf("\n");
    free(plan), free(self), free(x);
}

static void layer(void)
{
    size_t n_in, n_out;
    if (scanf("%zu %zu", &n_in, &n_out) != 2)
        exit(2);
    float *w = read_floats(n_in * n_out), *b = read_floats(n_out), *x = read_floats(n_in);
    float *y = memory(n_out * sizeof *y);
    dense(w, b, x, y, n_in, n_out);
    print(y, n_out);
    relu(y, n_out);
    print(y, n_out);
    free(w), free(b), free(x), free(y);
}

int main(void)
{
    char what[16];
    while (scanf("%15s", what) == 1) {
        if (!strcmp(what, "fft"))
            transform();
        else if (!strcmp(what, "resample"))
            resample();
        else if (!strcmp(what, "dense"))
            layer();
        else
            return 2;
    }
    return 0;
}
