/* The front of the pitch tracker: autocorrelations of four lengths of sound, on a scale of pitch.
 *
 * A hop's products with what came a lag before are summed once and kept; a window's correlation is
 * the sum of its hops', so that four windows cost little more than one, and a lag needs no more
 * sound than window and lag together.  Normalised as in McLeod & Wyvill (2005), "A smarter way to
 * find pitch", ICMC, eq. 8.  High pitches use the inner rate without its lowest part, low ones a
 * quarter of the rate.
 */
#include <math.h>
#include <string.h>

#include "pitch.h"

#define PI 3.14159265358979323846
#define BLOCKER 0.996      /* pole of the filter that takes out a constant: 10 Hz */
#define HIGH_PASS_HZ 200.0
#define SLOW_PASS_HZ 1750.0
#define QUIET 1e-8f        /* energy of a sample that is silence: -80 dB */
#define CELL_SEMITONES (0.5 / BINS_PER_SEMITONE)

const int PITCH_WINDOW_HOPS[WINDOWS] = {1, 3, 7, LONGEST};

/* Halfway between samples: a sinc of eight taps under a Kaiser window, beta 4. */
static const float HALFWAY[4] = {0.6226f, -0.1660f, 0.0610f, -0.0176f};

static double hz_of(double bin)
{
    return 440.0 * exp2((LOW_PITCH + bin / BINS_PER_SEMITONE - 69.0) / 12.0);
}

cell pitch_cell(double place)
{
    double width = exp2(CELL_SEMITONES / 12.0);
    int32_t low = (int32_t)ceil(place / width), high = (int32_t)floor(place * width);
    cell out = {-1, low, low, (int32_t)floor(place), (float)(place - floor(place))};
    while (out.level + 1 < LEVELS && 1 << (out.level + 1) <= high - low + 1)
        out.level++;
    if (out.level >= 0)
        out.other = high - (1 << out.level) + 1;
    return out;
}

/* The lags that a bin stands for. */
static cell lag_cell(int bin)
{
    return pitch_cell((bin < FIRST_FAST ? SLOW_RATE_HZ : DSP_RATE_HZ) * UP / hz_of(bin));
}

/* Butterworth, second order: what is left without the noise of a room. */
static void design_high_pass(core_pitch *self)
{
    double w = tan(PI * HIGH_PASS_HZ / DSP_RATE_HZ), scale = 1.0 / (1.0 + sqrt(2.0) * w + w * w);
    self->high_b[0] = scale, self->high_b[1] = -2.0 * scale, self->high_b[2] = scale;
    self->high_a[0] = 2.0 * (w * w - 1.0) * scale;
    self->high_a[1] = (1.0 - sqrt(2.0) * w + w * w) * scale;
}

static void design_decimator(core_pitch *self)
{
    double sum = 0.0, cutoff = 2.0 * SLOW_PASS_HZ / DSP_RATE_HZ;
    for (int k = 0; k < DECIMATOR_TAPS; k++) {
        double t = k - (DECIMATOR_TAPS - 1) / 2.0;
        double hamming = 0.54 + 0.46 * cos(2.0 * PI * t / DECIMATOR_TAPS);
        self->taps[k] = (float)(sin(PI * cutoff * t) / (PI * t) * hamming);
        sum += self->taps[k];
    }
    for (int k = 0; k < DECIMATOR_TAPS; k++)
        self->taps[k] = (float)(self->taps[k] / sum);
}

void pitch_front_init(core_pitch *self)
{
    design_high_pass(self);
    design_decimator(self);
    self->fast.lags = FAST_LAGS, self->fast.hop = HOP;
    self->slow.lags = SLOW_LAGS, self->slow.hop = SLOW_HOP;
    for (int bin = 0; bin < BINS; bin++) {
        self->lags[bin] = lag_cell(bin);
        self->frequency_hz[bin] = (float)hz_of(bin);
        float place = (float)bin / (float)BINS;
        self->places[0][bin] = place, self->places[1][bin] = place * place;
    }
}

static void clear(correlation *c)
{
    memset(c->products, 0, sizeof c->products);
    memset(c->energies, 0, sizeof c->energies);
    memset(c->finer, 0, sizeof c->finer);
}

void pitch_front_reset(core_pitch *self)
{
    clear(&self->fast), clear(&self->slow);
    memset(self->history, 0, sizeof self->history);
    memset(self->slow_history, 0, sizeof self->slow_history);
    memset(self->high_history, 0, sizeof self->high_history);
    memset(self->decimator, 0, sizeof self->decimator);
    memset(self->energy, 0, sizeof self->energy);
    memset(self->blocker, 0, sizeof self->blocker);
    memset(self->high_pass, 0, sizeof self->high_pass);
    memset(self->rows, 0, sizeof self->rows);
    for (int k = 0; k <= FFT_BINS; k++)
        self->mean_power[k] = self->quick_power[k] = self->usual_power[k] = PITCH_QUIET_LINE;
}

/* Take out a constant; then, of a copy, what lies below 200 Hz. */
DSP_INLINE void filter(core_pitch *self, float *high)
{
    for (int k = 0; k < HOP; k++) {
        double x = self->hop[k], y = x - self->blocker[0] + BLOCKER * self->blocker[1];
        self->blocker[0] = x, self->blocker[1] = y;
        self->hop[k] = (float)y;
        double *s = self->high_pass; /* the last two samples in, the last two out */
        double z = self->high_b[0] * y + self->high_b[1] * s[0] + self->high_b[2] * s[1]
                   - self->high_a[0] * s[2] - self->high_a[1] * s[3];
        s[1] = s[0], s[0] = y, s[3] = s[2], s[2] = z;
        high[k] = (float)z;
    }
}

static void shift_in(float *history, size_t length, const float *hop, size_t n)
{
    memmove(history, history + n, (length - n) * sizeof *history);
    memcpy(history + length - n, hop, n * sizeof *history);
}

DSP_INLINE void decimate(core_pitch *self, float *slow)
{
    shift_in(self->decimator, DECIMATOR_TAPS + HOP, self->hop, HOP);
    for (int k = 0; k < SLOW_HOP; k++) {
        const float *x = self->decimator + SLOW * (k + 1);
        float sum[8] = {0};
        for (int t = 0; t < DECIMATOR_TAPS; t += 8)
            for (int lane = 0; lane < 8; lane++)
                sum[lane] += self->taps[t + lane] * x[t + lane];
        slow[k] = ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
    }
}

/* A hop's products and energies, of every lag; newest is one past the stream's last sample. */
DSP_INLINE void correlate(correlation *c, const float *newest, size_t slot)
{
    float back[HOP + SLOW_LAGS]; /* newest first: a longer lag lies further on */
    double sum[HOP + SLOW_LAGS + 1];
    size_t n = c->hop + c->lags;
    float *product = c->products[slot], *energy = c->energies[slot];
    sum[0] = 0.0;
    for (size_t k = 0; k < n; k++) {
        back[k] = newest[-1 - (ptrdiff_t)k];
        sum[k + 1] = sum[k] + (double)back[k] * back[k];
    }
    memset(product, 0, c->lags * sizeof *product);
    for (size_t k = 0; k < c->hop; k += 4) /* four at once, in order: fewer loads and stores */
        for (size_t lag = 0; lag < c->lags; lag++) {
            float at = product[lag] + back[k] * back[k + lag];
            at += back[k + 1] * back[k + 1 + lag];
            at += back[k + 2] * back[k + 2 + lag];
            product[lag] = at + back[k + 3] * back[k + 3 + lag];
        }
    for (size_t lag = 0; lag < c->lags; lag++)
        energy[lag] = (float)(sum[lag + c->hop] - sum[lag]);
}

/* Normalise a window's sums and double their resolution. */
DSP_INLINE void refine_lags(const float *product, const float *energy, size_t lags, float quiet,
                               float *finer)
{
    float value[SLOW_LAGS + 2 * PEDESTAL] = {0}, *at = value + PEDESTAL;
    for (size_t lag = 0; lag < lags; lag++)
        at[lag] = 2.0f * product[lag] / (energy[0] + energy[lag] + quiet);
    for (int k = 1; k < PEDESTAL; k++) { /* the same either side of lag 0 */
        at[-k] = at[k];
        at[(int)lags - 1 + k] = at[lags - 1];
    }
    for (size_t lag = 0; lag < lags; lag++) {
        finer[2 * lag] = at[lag];
        finer[2 * lag + 1] = HALFWAY[0] * (at[lag] + at[lag + 1])
                             + HALFWAY[1] * (at[(int)lag - 1] + at[lag + 2])
                             + HALFWAY[2] * (at[(int)lag - 2] + at[lag + 3])
                             + HALFWAY[3] * (at[(int)lag - 3] + at[lag + 4]);
    }
}

DSP_INLINE void sum_windows(correlation *c, size_t slot)
{
    float product[SLOW_LAGS] = {0}, energy[SLOW_LAGS] = {0};
    for (int hops = 0, window = 0; window < WINDOWS; window++) {
        for (; hops < PITCH_WINDOW_HOPS[window]; hops++) {
            size_t from = (slot + LONGEST - (size_t)hops) % LONGEST;
            for (size_t lag = 0; lag < c->lags; lag++) {
                product[lag] += c->products[from][lag];
                energy[lag] += c->energies[from][lag];
            }
        }
        refine_lags(product, energy, c->lags, QUIET * (float)(hops * (int)c->hop), c->finer[window]);
    }
}

/* The least value of any shorter lag, if above 0: next to lag 0 all sound is like itself. */
DSP_INLINE void find_dips(const float *grid, size_t lags, float *dips)
{
    float least = 1.0f;
    size_t lag = 0;
    for (; lag < lags && least > 0.0f; lag++) {
        least = grid[lag] < least ? grid[lag] : least;
        dips[lag] = least > 0.0f ? least : 0.0f;
    }
    memset(dips + lag, 0, (lags - lag) * sizeof *dips);
}

DSP_INLINE void fill_bins(core_pitch *self, const correlation *c, int window, int first, int end)
{
    float dips[UP * SLOW_LAGS];
    peaks grid;
    find_dips(c->finer[window], UP * c->lags, dips);
    pitch_find_peaks(&grid, c->finer[window], UP * (int)c->lags);
    for (int bin = first; bin < end; bin++) {
        const cell *where = &self->lags[bin];
        self->rows[window][PAD + bin] = pitch_look_up(&grid, where) - dips[where->at];
    }
}

DSP_CLONES static void fill_rows(core_pitch *self)
{
    for (int window = 0; window < WINDOWS; window++) {
        fill_bins(self, &self->slow, window, 0, FIRST_FAST);
        fill_bins(self, &self->fast, window, FIRST_FAST, BINS);
    }
}

static float energy_of(const float *x, size_t n)
{
    float sum = 0.0f;
    for (size_t k = 0; k < n; k++)
        sum += x[k] * x[k];
    return sum;
}

DSP_CLONES void pitch_front(core_pitch *self)
{
    size_t slot = (size_t)(self->n_hops % LONGEST);
    float high[HOP], slow[SLOW_HOP];
    filter(self, high);
    decimate(self, slow);
    shift_in(self->history, FFT_SAMPLES + HOP, self->hop, HOP);
    shift_in(self->high_history, FAST_LAGS + HOP, high, HOP);
    shift_in(self->slow_history, FFT_SAMPLES, slow, SLOW_HOP);
    self->energy[slot] = energy_of(self->hop, HOP);
    correlate(&self->fast, self->high_history + FAST_LAGS + HOP, slot);
    correlate(&self->slow, self->slow_history + FFT_SAMPLES, slot);
    sum_windows(&self->fast, slot);
    sum_windows(&self->slow, slot);
    fill_rows(self);
    pitch_spectrum(self);
}
