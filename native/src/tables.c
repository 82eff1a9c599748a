/* What all that listens at one rate reads: made once, never written again. */
#include "core.h"
#include "dsp.h"

enum { SHORTEST = 512, LENGTHS = 4 }; /* of the transforms: each twice the one before */

struct core_tables {
    resampler_plan *input;
    fft *transforms[LENGTHS];
};

static size_t padded(size_t bytes)
{
    return (bytes + 15) / 16 * 16;
}

size_t core_tables_size(double rate_hz)
{
    size_t size = padded(sizeof(core_tables)) + resampler_plan_size(rate_hz);
    if (resampler_plan_size(rate_hz) == 0)
        return 0;
    for (int k = 0; k < LENGTHS; k++)
        size += fft_size((size_t)SHORTEST << k);
    return size;
}

int core_tables_init(core_tables *self, double rate_hz)
{
    uint8_t *place = (uint8_t *)self + padded(sizeof *self);
    if (resampler_plan_size(rate_hz) == 0)
        return CORE_ERR_RANGE;
    self->input = (resampler_plan *)(void *)place;
    resampler_plan_init(self->input, rate_hz);
    place += resampler_plan_size(rate_hz);
    for (int k = 0; k < LENGTHS; k++) {
        size_t n = (size_t)SHORTEST << k;
        self->transforms[k] = (fft *)(void *)place;
        fft_init(self->transforms[k], n);
        place += fft_size(n);
    }
    return CORE_OK;
}

const resampler_plan *tables_input(const core_tables *self)
{
    return self->input;
}

const fft *tables_fft(const core_tables *self, size_t n)
{
    int k = 0;
    while (((size_t)SHORTEST << k) < n)
        k++;
    return self->transforms[k];
}
