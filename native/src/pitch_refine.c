/* The frequency near a bin: where the correlation peaks, then where its second, fourth ... period
 * does, which places the same error on a longer lag.
 */
#include <math.h>

#include "pitch.h"

#define WORTH 0.12f        /* how much clearer a shorter window must be */
#define DEEP_HZ 80.0f      /* pitches below it may take the longest window */
#define NEAR 1.032         /* a peak lies within 55 cents of the bin */
#define FAST_REACH 100.0   /* in samples: no lag beyond */
#define SLOW_REACH 60.0
#define STILL_CLEAR 0.8f   /* a multiple's peak is worth so much of the first one's */
#define ABOUT 2            /* bins either side that tell the mean of what is believed */
#define BELIEVED 0.3f      /* ... if that much is believed of them together */
#define OFF_MOST 0.35      /* bins: so far from that mean at most, where the sound is clear; ... */
#define CLEAR 0.8f
#define VAGUE 0.3f         /* ... at it where it is not */
#define ASTRAY 3.0         /* further off, they are about different things */

/* The window that tells the bin's frequency best: the longest one that it has filled. */
static int window_of(const core_pitch *self, int bin)
{
    int window = self->frequency_hz[bin] < DEEP_HZ ? 3 : 2;
    while (window > 0
           && pitch_clarity(self, window - 1, bin) > pitch_clarity(self, window, bin) + WORTH)
        window--;
    return window;
}

/* The peak of a parabola through three points about k, and its height. */
static double vertex(const float *grid, int k, float *height)
{
    double a = grid[k - 1], b = grid[k], c = grid[k + 1], curve = a - 2.0 * b + c;
    double shift = curve < 0.0 ? 0.5 * (a - c) / curve : 0.0;
    shift = shift < -0.5 ? -0.5 : shift > 0.5 ? 0.5 : shift;
    *height = (float)(b - 0.25 * (a - c) * shift);
    return k + shift;
}

/* The highest place from low to high, which need not be a peak. */
static int top(const float *grid, int low, int high)
{
    int best = low;
    for (int k = low + 1; k <= high; k++)
        best = grid[k] > grid[best] ? k : best;
    return best;
}

static int is_peak(const float *grid, int k)
{
    return grid[k] >= grid[k - 1] && grid[k] >= grid[k + 1] && 2 * grid[k] > grid[k - 1] + grid[k + 1];
}

/* Keeps a frequency near the mean of what the net believes about its bin, the nearer the less the
 * sound repeats itself: in noise the peak of a correlation wanders. */
static double near_the_mean(const core_pitch *self, int bin, float clarity, double f0_hz)
{
    float sum = 0.0f, moment = 0.0f;
    for (int k = -ABOUT; k <= ABOUT; k++)
        if (bin + k >= 0 && bin + k < BINS) {
            sum += self->chances[bin + k];
            moment += (float)k * self->chances[bin + k];
        }
    if (sum < BELIEVED)
        return f0_hz;
    double octave = 12.0 * BINS_PER_SEMITONE;
    double mean_hz = self->frequency_hz[bin] * exp2(moment / (sum * octave));
    double off = octave * log2(f0_hz / mean_hz);
    if (fabs(off) > ASTRAY)
        return f0_hz;
    double trust = pitch_held((clarity - VAGUE) / (CLEAR - VAGUE), 0.0f, 1.0f);
    double kept = off < -OFF_MOST ? -OFF_MOST : off > OFF_MOST ? OFF_MOST : off;
    return mean_hz * exp2(trust * kept / octave);
}

double pitch_refine(const core_pitch *self, int bin, double *age_sec)
{
    int is_fast = bin >= FIRST_FAST, window = window_of(self, bin);
    const correlation *c = is_fast ? &self->fast : &self->slow;
    const float *grid = c->finer[window];
    double rate_hz = (is_fast ? DSP_RATE_HZ : SLOW_RATE_HZ) * UP;
    double lag = rate_hz / self->frequency_hz[bin], reach = UP * (is_fast ? FAST_REACH : SLOW_REACH);
    float height, first;
    int last = UP * (int)c->lags - 3;
    int low = (int)(lag / NEAR), high = (int)(lag * NEAR) + 1;
    int k = top(grid, low < 1 ? 1 : low, high > last ? last : high);
    if (is_peak(grid, k)) {
        lag = vertex(grid, k, &first);
        for (int m = 2; m * lag < reach; m *= 2) {
            k = (int)(m * lag + 0.5);
            k = top(grid, k - 1, k + 1);
            double longer = vertex(grid, k, &height);
            if (height < STILL_CLEAR * first || !is_peak(grid, k))
                break;
            lag = longer / m;
        }
    }
    *age_sec = 0.5 * (PITCH_WINDOW_HOPS[window] * HOP / DSP_RATE_HZ + lag / rate_hz);
    return near_the_mean(self, bin, pitch_clarity(self, window, bin), rate_hz / lag);
}
