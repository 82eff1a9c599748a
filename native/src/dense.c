/* Dense layers: outputs lie side by side, so that vectors hold outputs and no sum is reordered. */
#include "dsp.h"

#define WIDE 32
#define NARROW 8

static inline void columns(const float *w, const float *b, const float *x, float *y, size_t n_in,
                           size_t n_out, size_t width)
{
    float sum[WIDE];
    for (size_t k = 0; k < width; k++)
        sum[k] = b[k];
    for (size_t i = 0; i < n_in; i++) {
        const float *row = w + i * n_out;
        for (size_t k = 0; k < width; k++)
            sum[k] += x[i] * row[k];
    }
    for (size_t k = 0; k < width; k++)
        y[k] = sum[k];
}

DSP_CLONES void dense(const float *w, const float *b, const float *x, float *y, size_t n_in,
                      size_t n_out)
{
    size_t k = 0;
    for (; k + WIDE <= n_out; k += WIDE)
        columns(w + k, b + k, x, y + k, n_in, n_out, WIDE);
    for (; k + NARROW <= n_out; k += NARROW)
        columns(w + k, b + k, x, y + k, n_in, n_out, NARROW);
    for (; k < n_out; k++)
        columns(w + k, b + k, x, y + k, n_in, n_out, 1);
}

DSP_CLONES void relu(float *y, size_t n)
{
    for (size_t k = 0; k < n; k++)
        y[k] = y[k] > 0.0f ? y[k] : 0.0f;
}
