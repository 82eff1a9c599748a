/* Mains hum: what stays in phase with 50 or 60 Hz and their harmonics for two seconds, and does
 * not go away for three. Notes seldom do; engine/signal_rules.py looks into their rests as well.
 *
 * Sound is brought to about 2 kHz by means of neighbouring samples and multiplied by oscillators;
 * means of quarter seconds, weighted as by Hann, add up over 2 s: a tone 1 Hz off, as G1 is from
 * 50 Hz, cancels out.
 */
#include <math.h>
#include <string.h>

#include "sound_check.h"

#define INNER_RATE_HZ 2000.0
#define TAU 6.283185307179586

static const double mains_hz[MAINS] = {50.0, 60.0};

void sound_hum_reset(sound_hum *self, double rate_hz)
{
    memset(self, 0, sizeof *self);
    self->step_samples = (uint32_t)lround(rate_hz / INNER_RATE_HZ);
    for (int tone = 0; tone < TONES; tone++) {
        double hz = mains_hz[tone / HARMONICS] * (1 + tone % HARMONICS);
        double angle = TAU * hz * self->step_samples / rate_hz;
        self->turn_re[tone] = (float)cos(angle);
        self->turn_im[tone] = (float)-sin(angle);
        self->now_re[tone] = 1.0f;
    }
}

static void end_step(sound_hum *self)
{
    float x = self->held / (float)self->step_samples;
    for (int k = 0; k < TONES; k++) {
        float re = self->now_re[k], im = self->now_im[k];
        self->sum_re[k] += x * re;
        self->sum_im[k] += x * im;
        self->now_re[k] = re * self->turn_re[k] - im * self->turn_im[k];
        self->now_im[k] = re * self->turn_im[k] + im * self->turn_re[k];
    }
    self->held = 0.0f;
    self->filled = 0;
    self->steps++;
}

static float sum_of(const float *x, uint32_t n)
{
    float sum[4] = {0};
    uint32_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (int k = 0; k < 4; k++)
            sum[k] += x[i + k];
    for (; i < n; i++)
        sum[0] += x[i];
    return sum[0] + sum[1] + sum[2] + sum[3];
}

void sound_hum_block(sound_hum *self, const float *x, uint32_t n)
{
    for (uint32_t i = 0; i < n;) {
        uint32_t room = self->step_samples - self->filled;
        uint32_t count = n - i < room ? n - i : room;
        self->held += sum_of(x + i, count);
        self->filled += count;
        i += count;
        if (self->filled == self->step_samples)
            end_step(self);
    }
}

/* The span's means go into the ring; the oscillators, which drift off the circle by rounding, back
 * onto it. */
static void keep_span(sound_hum *self)
{
    uint64_t slot = self->spans % HUM_SPANS;
    for (int k = 0; k < TONES; k++) {
        self->span_re[slot][k] = self->sum_re[k] / (float)self->steps;
        self->span_im[slot][k] = self->sum_im[k] / (float)self->steps;
        self->sum_re[k] = self->sum_im[k] = 0.0f;
        float radius = hypotf(self->now_re[k], self->now_im[k]);
        self->now_re[k] /= radius;
        self->now_im[k] /= radius;
    }
    self->steps = 0;
    self->spans++;
}

/* Mean square of each tone over the last 2 s. */
static void keep_window(sound_hum *self)
{
    float re[TONES] = {0}, im[TONES] = {0};
    for (uint64_t i = 0; i < HUM_SPANS; i++) {
        uint64_t slot = (self->spans + i) % HUM_SPANS; /* the oldest first */
        float weight = (float)((1.0 - cos(TAU * ((double)i + 0.5) / HUM_SPANS)) / HUM_SPANS);
        for (int k = 0; k < TONES; k++) {
            re[k] += weight * self->span_re[slot][k];
            im[k] += weight * self->span_im[slot][k];
        }
    }
    float *power = self->power[self->spans % HUM_LEAST];
    for (int k = 0; k < TONES; k++)
        power[k] = 2.0f * (re[k] * re[k] + im[k] * im[k]);
}

/* The least of the last windows' mean squares of one tone. */
static double least_of(const sound_hum *self, int tone)
{
    float least = self->power[0][tone];
    for (int window = 1; window < HUM_LEAST; window++)
        least = fminf(least, self->power[window][tone]);
    return least;
}

/* Mean square of one family. Upper harmonics count no more than the loudest of the low ones: mains
 * hum there as well, notes and their repetitions need not. */
static double family_power(const sound_hum *self, int family)
{
    double sum = 0.0, low = 0.0;
    for (int harmonic = 0; harmonic < HARMONICS; harmonic++) {
        double least = least_of(self, family * HARMONICS + harmonic);
        if (harmonic < LOW_HARMONICS)
            low = fmax(low, least);
        sum += fmin(least, low);
    }
    return sum;
}

void sound_hum_span(sound_hum *self, core_signal_span *out)
{
    keep_span(self);
    keep_window(self);
    double most = 0.0;
    out->hum_hz = (int32_t)mains_hz[0];
    for (int family = 0; family < MAINS; family++) {
        double power = family_power(self, family);
        if (power > most) {
            most = power;
            out->hum_hz = (int32_t)mains_hz[family];
        }
    }
    out->hum_db = sound_level_db(most);
}
