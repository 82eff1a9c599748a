/* Real Fourier transform: n/2 complex points by Stockham's radix 4, then split into n/2 + 1.
 *
 * Stockham's ordering needs no bit reversal: every stage reads one buffer and writes the other,
 * with neighbours side by side.  Van Loan (1992), "Computational Frameworks for the Fast Fourier
 * Transform", sections 1.7 and 2.4; the split of the real transform is his section 4.3.
 */
#include "dsp.h"

#include <math.h>

#define PI 3.14159265358979323846

struct fft {
    size_t n;                  /* real points */
    int has_odd_stages;        /* whether the stages are odd in number */
    float *cos1, *cos2, *cos3; /* (n/8,) of the angles 2 pi p k / (n/2), k = 1, 2, 3 */
    float *sin1, *sin2, *sin3;
    float *split_cos, *split_sin; /* (n/2,) of 2 pi k / n */
};

size_t fft_size(size_t n)
{
    if (n < 16 || n > FFT_MOST || (n & (n - 1)))
        return 0;
    size_t floats = 6 * (n / 8) + 2 * (n / 2);
    return ((sizeof(fft) + 15) / 16) * 16 + (floats * sizeof(float) + 15) / 16 * 16;
}

static float *take(float **place, size_t n)
{
    float *taken = *place;
    *place += n;
    return taken;
}

/* Of four points each while there are as many, then of two. */
static int stages_of(size_t points)
{
    int stages = 0;
    for (; points >= 4; points /= 4)
        stages++;
    return stages + (points == 2);
}

void fft_init(fft *self, size_t n)
{
    float *place = (float *)((uint8_t *)self + ((sizeof(fft) + 15) / 16) * 16);
    size_t half = n / 2, quarter = half / 4;
    self->n = n;
    self->has_odd_stages = stages_of(half) % 2;
    self->cos1 = take(&place, quarter), self->sin1 = take(&place, quarter);
    self->cos2 = take(&place, quarter), self->sin2 = take(&place, quarter);
    self->cos3 = take(&place, quarter), self->sin3 = take(&place, quarter);
    self->split_cos = take(&place, half), self->split_sin = take(&place, half);
    for (size_t p = 0; p < quarter; p++) {
        double angle = 2.0 * PI * (double)p / (double)half;
        self->cos1[p] = (float)cos(angle), self->sin1[p] = (float)sin(angle);
        self->cos2[p] = (float)cos(2.0 * angle), self->sin2[p] = (float)sin(2.0 * angle);
        self->cos3[p] = (float)cos(3.0 * angle), self->sin3[p] = (float)sin(3.0 * angle);
    }
    for (size_t k = 0; k < half; k++) {
        self->split_cos[k] = (float)cos(2.0 * PI * (double)k / (double)n);
        self->split_sin[k] = (float)sin(2.0 * PI * (double)k / (double)n);
    }
}

typedef struct {
    const float *re, *im;
} from;
typedef struct {
    float *re, *im;
} into;

/* One butterfly of four points, `quarter` apart in `a`, `stride` apart in `b`, turned by w. */
#define BUTTERFLY(a, b, i, j, quarter, stride, c1, s1, c2, s2, c3, s3)                             \
    do {                                                                                           \
        float ar = (a).re[i], ai = (a).im[i];                                                      \
        float br = (a).re[(i) + (quarter)], bi = (a).im[(i) + (quarter)];                          \
        float cr = (a).re[(i) + 2 * (quarter)], ci = (a).im[(i) + 2 * (quarter)];                  \
        float dr = (a).re[(i) + 3 * (quarter)], di = (a).im[(i) + 3 * (quarter)];                  \
        float sum_r = ar + cr, sum_i = ai + ci, gap_r = ar - cr, gap_i = ai - ci;                  \
        float odd_r = br + dr, odd_i = bi + di, turn_r = di - bi, turn_i = br - dr;                \
        float u1r = gap_r - turn_r, u1i = gap_i - turn_i;                                          \
        float u2r = sum_r - odd_r, u2i = sum_i - odd_i;                                            \
        float u3r = gap_r + turn_r, u3i = gap_i + turn_i;                                          \
        (b).re[j] = sum_r + odd_r, (b).im[j] = sum_i + odd_i;                                      \
        (b).re[(j) + (stride)] = u1r * (c1) + u1i * (s1);                                          \
        (b).im[(j) + (stride)] = u1i * (c1) - u1r * (s1);                                          \
        (b).re[(j) + 2 * (stride)] = u2r * (c2) + u2i * (s2);                                      \
        (b).im[(j) + 2 * (stride)] = u2i * (c2) - u2r * (s2);                                      \
        (b).re[(j) + 3 * (stride)] = u3r * (c3) + u3i * (s3);                                      \
        (b).im[(j) + 3 * (stride)] = u3i * (c3) - u3r * (s3);                                      \
    } while (0)

/* The first stage: its groups are single points, so that vectors run over the groups. */
DSP_INLINE void first_stage(const fft *self, from a, into b, size_t quarter)
{
    const float *c1 = self->cos1, *s1 = self->sin1, *c2 = self->cos2, *s2 = self->sin2;
    const float *c3 = self->cos3, *s3 = self->sin3;
#pragma GCC ivdep /* the two buffers lie apart */
    for (size_t p = 0; p < quarter; p++)
        BUTTERFLY(a, b, p, 4 * p, quarter, 1, c1[p], s1[p], c2[p], s2[p], c3[p], s3[p]);
}

/* A later one: `groups` of `stride` points, each group turned by one angle. */
DSP_INLINE void later_stage(const fft *self, from a, into b, size_t groups, size_t stride)
{
    for (size_t p = 0; p < groups; p++) {
        size_t w = p * stride;
        float c1 = self->cos1[w], s1 = self->sin1[w], c2 = self->cos2[w], s2 = self->sin2[w];
        float c3 = self->cos3[w], s3 = self->sin3[w];
        from here = {a.re + w, a.im + w};
        into there = {b.re + 4 * w, b.im + 4 * w};
        size_t apart = groups * stride;
#pragma GCC ivdep
        for (size_t q = 0; q < stride; q++)
            BUTTERFLY(here, there, q, q, apart, stride, c1, s1, c2, s2, c3, s3);
    }
}

DSP_INLINE void last_pairs(from a, into b, size_t stride)
{
#pragma GCC ivdep
    for (size_t q = 0; q < stride; q++) {
        float ar = a.re[q], ai = a.im[q], br = a.re[q + stride], bi = a.im[q + stride];
        b.re[q] = ar + br, b.im[q] = ai + bi;
        b.re[q + stride] = ar - br, b.im[q + stride] = ai - bi;
    }
}

/* The complex transform of what stands in here; it goes to and fro, and says where it ends. */
DSP_INLINE from transform(const fft *self, into here, into there)
{
    size_t length = self->n / 2, stride = 1;
    for (; length >= 4; length /= 4, stride *= 4) {
        from a = {here.re, here.im};
        if (stride == 1)
            first_stage(self, a, there, length / 4);
        else
            later_stage(self, a, there, length / 4, stride);
        into other = here;
        here = there, there = other;
    }
    if (length == 2) {
        from a = {here.re, here.im};
        last_pairs(a, there, stride);
        here = there;
    }
    return (from){here.re, here.im};
}

/* The even and the odd samples' transforms out of that of their pairs, put together. */
DSP_INLINE void split(const fft *self, from z, float *re, float *im)
{
    size_t half = self->n / 2;
    re[0] = z.re[0] + z.im[0], im[0] = 0.0f;
    re[half] = z.re[0] - z.im[0], im[half] = 0.0f;
    const float *c = self->split_cos, *s = self->split_sin;
#pragma GCC ivdep
    for (size_t k = 1; k < half; k++) {
        float even_r = 0.5f * (z.re[k] + z.re[half - k]), even_i = 0.5f * (z.im[k] - z.im[half - k]);
        float odd_r = 0.5f * (z.im[k] + z.im[half - k]), odd_i = 0.5f * (z.re[half - k] - z.re[k]);
        re[k] = even_r + odd_r * c[k] + odd_i * s[k];
        im[k] = even_i + odd_i * c[k] - odd_r * s[k];
    }
}

/* The stages end in the scratch, so that the split can write to what is given out. */
DSP_CLONES void fft_real(const fft *self, const float *x, float *re, float *im)
{
    float scratch_re[FFT_MOST / 2], scratch_im[FFT_MOST / 2];
    into out = {re, im}, scratch = {scratch_re, scratch_im};
    into first = self->has_odd_stages ? out : scratch;
    for (size_t k = 0; k < self->n / 2; k++) {
        first.re[k] = x[2 * k];
        first.im[k] = x[2 * k + 1];
    }
    split(self, transform(self, first, self->has_odd_stages ? scratch : out), re, im);
}
