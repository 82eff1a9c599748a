/* The pitch tracker's contract of core.h: any blocks in, a frame every 4 ms out. */
#include <math.h>
#include <string.h>

#include "pitch_net.h"
#include "voice.h"

#define LEVEL_AGE_SEC 0.004
#define INPUT_OFFSET ((sizeof(core_pitch) + 15) / 16 * 16)

size_t core_pitch_size(void)
{
    return INPUT_OFFSET + sizeof(resampler);
}

size_t core_pitch_weights(void)
{
    return ALL_WEIGHTS;
}

/* The bin of a frequency, within the bins there are. */
static int32_t bin_of(double hz)
{
    double bin = (69.0 + 12.0 * log2(hz / 440.0) - LOW_PITCH) * BINS_PER_SEMITONE;
    return bin < 1.0 ? 1 : bin > BINS - 2.0 ? BINS - 2 : (int32_t)(bin + 0.5);
}

int core_pitch_init(core_pitch *self, const core_tables *tables, double low_hz, double high_hz,
                    const float *weights)
{
    if (!(low_hz > 0.0 && high_hz > low_hz && isfinite(high_hz)))
        return CORE_ERR_RANGE;
    memset(self, 0, sizeof *self);
    self->input = (resampler *)(void *)((uint8_t *)self + INPUT_OFFSET);
    self->transform = tables_fft(tables, FFT_SAMPLES);
    resampler_init(self->input, tables_input(tables));
    self->weights = weights;
    self->delay_sec = resampler_delay_sec(tables_input(tables));
    self->low_bin = bin_of(low_hz), self->high_bin = bin_of(high_hz);
    pitch_front_init(self);
    pitch_spectrum_init(self);
    core_pitch_reset(self);
    return CORE_OK;
}

void core_pitch_reset(core_pitch *self)
{
    resampler_reset(self->input);
    self->filled = 0;
    self->n_hops = 0;
    pitch_front_reset(self);
    pitch_context_reset(self);
    pitch_path_reset(self);
    pitch_voice_reset(self);
}

static void write_features(const core_pitch *self, float *out)
{
    memcpy(out, self->rows, sizeof self->rows);
    memcpy(out + ROWS * ROW, self->scores, BINS * sizeof *self->scores);
    memcpy(out + ROWS * ROW + BINS, self->scalars, sizeof self->scalars);
}

static void tell(core_pitch *self, core_pitch_frame *frame)
{
    double age_sec, f0_hz = pitch_refine(self, self->bin, &age_sec);
    if (!self->is_voiced) /* silence is told by levels, which are younger */
        age_sec = LEVEL_AGE_SEC;
    double sec = (double)(self->n_hops + 1) * HOP / DSP_RATE_HZ - age_sec;
    self->last_sec = sec > self->last_sec ? sec : self->last_sec;
    *frame = (core_pitch_frame){.time_sec = self->last_sec,
                                .f0_hz = f0_hz,
                                .confidence = self->sure,
                                .level_db = self->level_db,
                                .clarity = pitch_clarity(self, 2, self->bin),
                                .is_voiced = self->is_voiced};
}

/* The hop is whole: a frame of it. */
static void end_hop(core_pitch *self, core_pitch_frame *frame)
{
    self->filled = 0;
    pitch_front(self);
    pitch_context(self);
    pitch_score(self);
    pitch_path(self);
    pitch_voice(self);
    tell(self, frame);
    self->n_hops++;
}

size_t core_pitch_process(core_pitch *self, const float *samples, size_t n, size_t *used,
                          core_pitch_frame *frames, size_t room, float *features)
{
    size_t taken = 0, written = 0, here;
    while (written < room) {
        self->filled += resampler_process(self->input, samples + taken, n - taken, &here,
                                          self->hop + self->filled, HOP - self->filled);
        taken += here;
        if (self->filled < HOP)
            break;
        end_hop(self, &frames[written]);
        if (features)
            write_features(self, features + written * CORE_PITCH_FEATURES);
        written++;
    }
    *used = taken;
    return written;
}

resampler *pitch_input(core_pitch *self)
{
    return self->input;
}

size_t pitch_hear(core_pitch *self, const float *inner, size_t n, core_pitch_frame *frames)
{
    size_t written = 0;
    for (size_t taken = 0, here; taken < n; taken += here) {
        here = n - taken < HOP - self->filled ? n - taken : HOP - self->filled;
        memcpy(self->hop + self->filled, inner + taken, here * sizeof *inner);
        self->filled += here;
        if (self->filled == HOP)
            end_hop(self, &frames[written++]);
    }
    return written;
}
