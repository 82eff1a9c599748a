/* Spectra on the scale of pitch, as prominence over what surrounds each place.
 *
 * In noise the partials stand out one by one where the sound as a whole no longer repeats itself.
 * The logarithm less its mean over ten semitones either side does not know level, colour of the
 * noise or timbre at large.  Lines far below the strongest one within an octave are levelled: a
 * flute's tone has weak ones at half its frequency, which are nobody's partials.
 *
 * A new note shows first where lines rise: the last map compares what is newest with what was, line
 * by line, which also takes a steady noise for what it is, whatever its colour.
 */
#include <math.h>
#include <string.h>

#include "pitch.h"

#define PI 3.14159265358979323846
#define SURROUNDINGS 20     /* bins either side that a line is compared with */
#define NEAR 24             /* bins either side that a line must not be weaker than ... */
#define DEPTH 9.0f          /* ... by so many factors of two in power: it is no partial of theirs */
#define SCALE 0.15f         /* of a factor of two in power */
#define MOST 1.5f
#define LEAST -0.6f
#define FRESH 0.12f         /* share of a hop in the mean of spectra: 33 ms */
#define QUICK_RISE 288      /* samples: the newest sound is seen through a window of 22 ms, */
#define QUICK_FALL 64       /* ... whose peak lies 4 ms back */
#define QUICK_FRESH 0.4f    /* what it shows now, over 10 ms, is compared ... */
#define USUAL_FRESH 0.06f   /* ... with what it showed over 67 ms */
#define RISE_SCALE 0.25f    /* of a factor of two in power */
#define RISE_MOST 1.5f

/* From where to where the spectra are of use, in Hz. */
static const double RANGE_HZ[2][2] = {{150.0, 7600.0}, {24.0, 1800.0}};

/* Where a bin looks up its line. */
static cell line_cell(int row, double line_hz, const double *range_hz)
{
    double bin = row - PAD;
    double hz = 440.0 * exp2((LOW_PITCH + bin / BINS_PER_SEMITONE - 69.0) / 12.0);
    cell out = pitch_cell(hz / line_hz);
    if (hz < range_hz[0] || hz > range_hz[1])
        out.at = -1;
    return out;
}

void pitch_spectrum_init(core_pitch *self)
{
    for (int k = 0; k < FFT_SAMPLES; k++)
        self->window[k] = (float)(0.5 - 0.5 * cos(2.0 * PI * (k + 0.5) / FFT_SAMPLES));
    for (int k = 0; k < QUICK_RISE; k++)
        self->quick_window[FFT_SAMPLES - QUICK_FALL - QUICK_RISE + k]
            = (float)(0.5 - 0.5 * cos(PI * (k + 0.5) / QUICK_RISE));
    for (int k = 0; k < QUICK_FALL; k++)
        self->quick_window[FFT_SAMPLES - 1 - k] = (float)(0.5 - 0.5 * cos(PI * (k + 0.5) / QUICK_FALL));
    for (int row = 0; row < ROW; row++) {
        self->fast_cells[row] = line_cell(row, DSP_RATE_HZ / FFT_SAMPLES, RANGE_HZ[0]);
        self->slow_cells[row] = line_cell(row, SLOW_RATE_HZ / FFT_SAMPLES, RANGE_HZ[1]);
    }
}

/* log2 of a positive, normal number, within 1e-4. */
DSP_INLINE float log2_of(float x)
{
    union {
        float f;
        int32_t i;
    } u = {x};
    float exponent = (float)((u.i >> 23) - 127);
    u.i = (u.i & 0x7fffff) | 0x3f800000;
    float m = u.f - 1.0f; /* minimax on 0..1, exact at both ends */
    return exponent
           + m * (1.4419643f + m * (-0.7096621f + m * (0.4175820f + m * (-0.1955300f + m * 0.0456457f))));
}

DSP_INLINE void find_powers(const core_pitch *self, const float *window, const float *sound,
                            float *powers)
{
    float x[FFT_SAMPLES], re[FFT_BINS], im[FFT_BINS];
    for (int k = 0; k < FFT_SAMPLES; k++)
        x[k] = sound[k] * window[k];
    fft_real(self->transform, x, re, im);
    for (int k = 0; k < FFT_BINS; k++)
        powers[k] = re[k] * re[k] + im[k] * im[k] + PITCH_QUIET_LINE;
    powers[FFT_BINS] = powers[FFT_BINS - 1];
}

DSP_INLINE void find_logs(const float *powers, float *logs)
{
    for (int k = 0; k <= FFT_BINS; k++)
        logs[k] = log2_of(powers[k]);
}

/* Largest value within NEAR either side, by windows of 2, 4 ... 32 values. */
DSP_INLINE void find_tops(const float *value, float *tops)
{
    float x[ROW + 2 * NEAR + 32];
    int n = ROW + 2 * NEAR;
    for (int k = 0; k < n + 32; k++)
        x[k] = k < NEAR || k >= NEAR + ROW ? -100.0f : value[k - NEAR];
    for (int width = 1; width < 32; width *= 2)
        for (int k = 0; k < n; k++)
            x[k] = x[k] > x[k + width] ? x[k] : x[k + width];
    for (int k = 0; k < ROW; k++)
        tops[k] = x[k] > x[k + 2 * NEAR - 31] ? x[k] : x[k + 2 * NEAR - 31];
}

DSP_INLINE void look_up(const float *logs, const cell *cells, int first, int end, float *value)
{
    peaks lines;
    for (int k = 0; k < ROW; k++)
        value[k] = -100.0f;
    pitch_find_peaks(&lines, logs, FFT_BINS + 1);
    for (int k = first; k < end; k++)
        value[k] = pitch_look_up(&lines, &cells[k]);
}

/* Which rows of a map have lines. */
typedef struct {
    int first, end;
} span;

DSP_INLINE span span_of(const cell *cells)
{
    span out = {0, ROW};
    while (cells[out.first].at < 0)
        out.first++;
    while (cells[out.end - 1].at < 0)
        out.end--;
    return out;
}

DSP_INLINE void fill_row(const float *logs, const cell *cells, float *row)
{
    float value[ROW], tops[ROW], sum[ROW + 1];
    span rows = span_of(cells);
    look_up(logs, cells, rows.first, rows.end, value);
    find_tops(value, tops);
    sum[rows.first] = 0.0f;
    for (int k = rows.first; k < rows.end; k++) {
        value[k] = value[k] > tops[k] - DEPTH ? value[k] : tops[k] - DEPTH;
        sum[k + 1] = sum[k] + value[k];
    }
    for (int k = rows.first; k < rows.end; k++) {
        int from = k - SURROUNDINGS < rows.first ? rows.first : k - SURROUNDINGS;
        int to = k + SURROUNDINGS + 1 > rows.end ? rows.end : k + SURROUNDINGS + 1;
        float prominence = SCALE * (value[k] - (sum[to] - sum[from]) / (float)(to - from));
        row[k] = pitch_held(prominence, LEAST, MOST);
    }
}

/* How far each line has risen or fallen of late. */
DSP_INLINE void fill_rises(core_pitch *self, const float *powers, float *row)
{
    float logs[FFT_BINS + 1], usual[FFT_BINS + 1], value[ROW];
    span rows = span_of(self->fast_cells);
    for (int k = 0; k <= FFT_BINS; k++) {
        self->quick_power[k] += QUICK_FRESH * (powers[k] - self->quick_power[k]);
        self->usual_power[k] += USUAL_FRESH * (powers[k] - self->usual_power[k]);
    }
    find_logs(self->quick_power, logs);
    find_logs(self->usual_power, usual);
    for (int k = 0; k <= FFT_BINS; k++)
        logs[k] -= usual[k];
    look_up(logs, self->fast_cells, rows.first, rows.end, value);
    for (int k = rows.first; k < rows.end; k++)
        row[k] = pitch_held(RISE_SCALE * value[k], -RISE_MOST, RISE_MOST);
}

DSP_CLONES void pitch_spectrum(core_pitch *self)
{
    float powers[FFT_BINS + 1], logs[FFT_BINS + 1];
    find_powers(self, self->window, self->history + HOP, powers);
    for (int k = 0; k <= FFT_BINS; k++)
        self->mean_power[k] += FRESH * (powers[k] - self->mean_power[k]);
    find_logs(powers, logs);
    fill_row(logs, self->fast_cells, self->rows[WINDOWS]);
    find_powers(self, self->window, self->slow_history, powers);
    find_logs(powers, logs);
    fill_row(logs, self->slow_cells, self->rows[WINDOWS + 1]);
    find_logs(self->mean_power, logs);
    fill_row(logs, self->fast_cells, self->rows[WINDOWS + 2]);
    find_powers(self, self->quick_window, self->history + HOP, powers);
    find_logs(powers, logs);
    fill_row(logs, self->fast_cells, self->rows[WINDOWS + 3]);
    fill_rises(self, powers, self->rows[WINDOWS + 4]);
}
