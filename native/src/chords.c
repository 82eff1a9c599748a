/* Chord verification: sound goes into a history; a question about an onset looks at the windows on
 * either side of it and asks two small nets. */
#include "chords.h"

#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846
#define SOONEST 320 /* samples of the inner rate after an onset before anything is said: 20 ms */

size_t core_chords_size(void)
{
    return sizeof(core_chords) + 16;
}

/* The first address inside the caller's memory that is aligned to 16. */
static core_chords *placed(void *memory)
{
    return (core_chords *)(((uintptr_t)memory + 15) & ~(uintptr_t)15);
}

core_chords *core_chords_init(void *memory, const core_tables *tables, const float *weights,
                              size_t n_weights)
{
    if (n_weights != CORE_CHORDS_WEIGHTS)
        return NULL;
    core_chords *self = placed(memory);
    self->weights = weights;
    self->long_fft = tables_fft(tables, LONGEST);
    self->short_fft = tables_fft(tables, LONGEST / 2);
    self->attack_fft = tables_fft(tables, ATTACK_WINDOW);
    resampler_init(&self->input, tables_input(tables));
    attack_init(&self->attacks);
    for (int k = 0; k <= WINDOW_TABLE; k++)
        self->window[k] = (float)(0.5 - 0.5 * cos(PI * k / WINDOW_TABLE));
    self->window[WINDOW_TABLE + 1] = self->window[WINDOW_TABLE];
    core_chords_reset(self);
    return self;
}

void core_chords_reset(core_chords *self)
{
    resampler_reset(&self->input);
    attack_reset(&self->attacks);
    memset(self->history, 0, sizeof self->history);
    self->heard = 0;
    self->asked_onset = self->asked_end = -1;
}

void core_chords_process(core_chords *self, const float *samples, size_t n)
{
    size_t got, room;
    do { /* once more where the history's end cut what is given out short */
        size_t at = (size_t)(self->heard % HISTORY), used;
        room = HISTORY - at;
        got = resampler_process(&self->input, samples, n, &used, self->history + at, room);
        self->heard += (int64_t)got;
        attack_process(self);
        samples += used;
        n -= used;
    } while (n || got == room);
}

double core_chords_heard_sec(const core_chords *self)
{
    return (double)self->heard / DSP_RATE_HZ;
}

size_t core_chords_attacks(core_chords *self, core_attack *out, size_t n)
{
    attack_finder *finder = &self->attacks;
    size_t count = finder->n_found < n ? finder->n_found : n;
    memcpy(out, finder->found, count * sizeof *out);
    finder->n_found -= count;
    memmove(finder->found, finder->found + count, finder->n_found * sizeof *out);
    return count;
}

/* 1 where an onset lies in the history with enough sound after it; then where it lies. */
static int find_onset(const core_chords *self, double onset_sec, int64_t *onset)
{
    double at = floor(onset_sec * DSP_RATE_HZ + 0.5);
    if (!(at >= 0.0 && at <= (double)(self->heard - SOONEST)))
        return 0;
    *onset = (int64_t)at;
    return self->heard - *onset <= HISTORY - LONGEST - LEAD;
}

/* The features of an onset, unless they stand already. */
static int look(core_chords *self, double onset_sec)
{
    int64_t onset;
    if (!find_onset(self, onset_sec, &onset))
        return CORE_ERR_RANGE;
    int64_t end = self->heard < onset + LATEST ? self->heard : onset + LATEST;
    if (onset == self->asked_onset && end == self->asked_end)
        return CORE_OK;
    chords_spectra(self, onset, end);
    chords_features(self, onset, end);
    chords_listen(self);
    self->asked_onset = onset;
    self->asked_end = end;
    return CORE_OK;
}

int core_chords_features(core_chords *self, double onset_sec, float *features)
{
    int status = look(self, onset_sec);
    if (status == CORE_OK)
        memcpy(features, self->features, sizeof self->features);
    return status;
}

int core_chords_probabilities(core_chords *self, const int32_t *pitches, size_t n,
                              double onset_sec, double *chances)
{
    int status = look(self, onset_sec);
    if (status != CORE_OK)
        return status;
    for (size_t k = 0; k < n; k++) {
        int is_judged = pitches[k] >= LOWEST && pitches[k] < LOWEST + PITCHES;
        chances[k] = is_judged ? chords_chance(self, pitches[k]) : NAN;
    }
    return CORE_OK;
}
