/* Is what comes from a microphone fit to be heard? Measured here, judged by the engine. */
#include <math.h>
#include <string.h>

#include "sound_check.h"

#define ALIGN 16

static int is_rate(double rate_hz)
{
    return rate_hz >= DSP_RATE_MIN_HZ && rate_hz <= DSP_RATE_MAX_HZ;
}

static size_t own_size(void)
{
    return (sizeof(core_signal) + ALIGN - 1) / ALIGN * ALIGN;
}

double sound_level_db(double mean_square)
{
    double least = pow(10.0, 0.1 * CORE_SIGNAL_NIL);
    return 10.0 * log10(fmax(2.0 * mean_square, least));
}

size_t core_signal_size(double rate_hz)
{
    return is_rate(rate_hz) ? own_size() + sound_spectrum_extra(rate_hz) : 0;
}

int core_signal_init(core_signal *self, double rate_hz)
{
    if (!is_rate(rate_hz))
        return CORE_ERR_RANGE;
    self->rate_hz = rate_hz;
    self->block_samples = (uint32_t)lround(0.01 * rate_hz);
    sound_spectrum_init(&self->spectrum, rate_hz, (char *)self + own_size());
    core_signal_reset(self);
    return CORE_OK;
}

void core_signal_reset(core_signal *self)
{
    self->filled = self->blocks = 0;
    self->spans = 0;
    sound_time_reset(&self->time, self->rate_hz);
    sound_hum_reset(&self->hum, self->rate_hz);
    sound_spectrum_reset(&self->spectrum);
}

DSP_CLONES
static void copy_sound(float *to, const float *from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float x = from[i];
        x = fabsf(x) < INFINITY ? x : 0.0f;
        x = x > DSP_PEAK ? DSP_PEAK : x;
        to[i] = x < -DSP_PEAK ? -DSP_PEAK : x;
    }
}

static void end_span(core_signal *self, core_signal_span *span)
{
    self->spans++;
    double samples = (double)self->spans * BLOCKS * self->block_samples;
    span->time_sec = samples / self->rate_hz;
    sound_time_span(&self->time, span);
    sound_hum_span(&self->hum, span);
    sound_spectrum_span(&self->spectrum, span);
}

/* Whether a span ended with this block. */
static int end_block(core_signal *self, core_signal_span *span)
{
    const float *x = self->time.block + BEFORE;
    sound_hum_block(&self->hum, x, self->block_samples);
    sound_spectrum_block(&self->spectrum, x, self->block_samples);
    sound_time_block(&self->time, self->block_samples);
    self->filled = 0;
    if (++self->blocks < BLOCKS)
        return 0;
    self->blocks = 0;
    end_span(self, span);
    return 1;
}

int core_signal_process(core_signal *self, const float *samples, size_t n, size_t *used,
                        core_signal_span *span)
{
    for (size_t i = 0; i < n;) {
        size_t room = self->block_samples - self->filled;
        size_t count = n - i < room ? n - i : room;
        copy_sound(self->time.block + BEFORE + self->filled, samples + i, count);
        self->filled += (uint32_t)count;
        i += count;
        if (self->filled == self->block_samples && end_block(self, span)) {
            *used = i;
            return 1;
        }
    }
    *used = n;
    return 0;
}
