/* The notes' contract of core.h: brings hops of sound and frames of pitch together by their time. */
#include <math.h>
#include <string.h>

#include "notes.h"
#include "voice.h"

enum { PIECE = 512 }; /* samples of the inner rate at once */

struct core_notes {
    resampler input; /* of core_notes_process() and core_notes_features() */
    notes_front *front;
    onset_net net;
    segmenter segmenter;
    note_frame frames[FRAME_QUEUE]; /* not yet given to the segmenter */
    uint64_t frames_in, frames_out;
    note_frame latest; /* the last one given to it */
    hop_features hops[HOP_QUEUE];
    uint64_t hops_in, hops_out;
    double last_sec;
};

static size_t padded(size_t bytes)
{
    return (bytes + 15) / 16 * 16;
}

size_t core_notes_size(void)
{
    return padded(sizeof(core_notes)) + notes_front_size();
}

size_t core_notes_weights(void)
{
    return ONSET_WEIGHTS;
}

void core_notes_reset(core_notes *self)
{
    resampler_reset(&self->input);
    notes_front_reset(self->front);
    onset_net_reset(&self->net);
    segmenter_reset(&self->segmenter);
    self->frames_in = self->frames_out = self->hops_in = self->hops_out = 0;
    self->latest = (note_frame){.time_sec = -INFINITY};
    self->last_sec = -INFINITY;
}

void core_notes_init(core_notes *self, const core_tables *tables, const float *weights)
{
    memset(self, 0, sizeof *self);
    self->front = (notes_front *)(void *)((uint8_t *)self + padded(sizeof *self));
    self->net.weights = weights;
    resampler_init(&self->input, tables_input(tables));
    notes_front_init(self->front, tables);
    core_notes_reset(self);
}

static double hop_end_sec(uint64_t hop)
{
    return (double)(hop + 1) * HOP_SEC;
}

/* Frames that are no frames of a pitch count as unvoiced; those that go back in time are left out. */
static void take_frames(core_notes *self, const core_heard_frame *frames, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        const core_heard_frame *in = &frames[k];
        if (!isfinite(in->time_sec) || in->time_sec <= self->last_sec)
            continue;
        self->last_sec = in->time_sec;
        if (self->frames_in - self->frames_out == FRAME_QUEUE)
            self->frames_out++;
        int is_pitch = in->f0_hz >= 8.0 && in->f0_hz <= 20000.0;
        double sure = in->confidence >= 0.0 ? fmin(in->confidence, 1.0) : 0.0;
        self->frames[self->frames_in++ % FRAME_QUEUE]
            = (note_frame){in->time_sec, is_pitch ? 69.0 + 12.0 * log2(in->f0_hz / 440.0) : 0.0,
                           is_pitch ? (float)sure : 0.0f, is_pitch && in->is_voiced};
    }
}

/* Brings a hop together with its frame of pitch. */
static void join(core_notes *self, float features[FEATURES])
{
    const hop_features *hop = &self->hops[self->hops_out % HOP_QUEUE];
    double frame_sec = hop_end_sec(self->hops_out) - PITCH_LAG_HOPS * HOP_SEC;
    while (self->frames_out < self->frames_in) {
        const note_frame *frame = &self->frames[self->frames_out % FRAME_QUEUE];
        if (frame->time_sec > frame_sec)
            break;
        segmenter_frame(&self->segmenter, frame);
        self->latest = *frame;
        self->frames_out++;
    }
    int is_there = self->latest.time_sec > frame_sec - 2.0 * HOP_SEC;
    memcpy(features, hop->value, sizeof hop->value);
    onset_net_pitch(&self->net, is_there ? &self->latest : NULL,
                    features + 2 * BANDS + ENERGIES);
}

/* Whether the oldest hop can go on: its frame of pitch has come, or will not. */
static int is_next_ready(const core_notes *self)
{
    if (self->hops_in == self->hops_out)
        return 0;
    double frame_sec = hop_end_sec(self->hops_out) - PITCH_LAG_HOPS * HOP_SEC;
    return self->last_sec > frame_sec || self->hops_in - self->hops_out == HOP_QUEUE;
}

static void step(core_notes *self)
{
    float features[FEATURES];
    join(self, features);
    float chances[ONSET_DELAYS], level = self->hops[self->hops_out % HOP_QUEUE].level;
    onset_net_hop(&self->net, features, chances);
    self->hops_out++;
    segmenter_hop(&self->segmenter, level, chances);
}

static int is_block(size_t n, size_t n_frames)
{
    return n <= CORE_NOTES_SAMPLES && n_frames <= CORE_NOTES_FRAMES;
}

void notes_hear(core_notes *self, const float *inner, size_t n, const core_heard_frame *frames,
                size_t n_frames)
{
    take_frames(self, frames, n_frames);
    while (is_next_ready(self))
        step(self);
    for (size_t used; n > 0; inner += used, n -= used) {
        hop_features *hop = &self->hops[self->hops_in % HOP_QUEUE];
        if (!notes_front_hop(self->front, inner, n, &used, hop))
            continue;
        self->hops_in++;
        while (is_next_ready(self))
            step(self);
    }
}

int core_notes_process(core_notes *self, const float *samples, size_t n,
                       const core_heard_frame *frames, size_t n_frames)
{
    float inner[PIECE];
    if (!is_block(n, n_frames))
        return CORE_ERR_RANGE;
    for (size_t given = PIECE, used; n > 0 || given == PIECE; n_frames = 0) {
        given = resampler_process(&self->input, samples, n, &used, inner, PIECE);
        notes_hear(self, inner, given, frames, n_frames);
        samples += used;
        n -= used;
    }
    return CORE_OK;
}

/* The rows of the hops that are ready; 0 where room did not do. */
static int show(core_notes *self, float *out, size_t room, size_t *rows)
{
    for (; is_next_ready(self); ++*rows) {
        if (*rows == room)
            return 0;
        join(self, out + *rows * FEATURES);
        self->net.hops++;
        self->hops_out++;
    }
    return 1;
}

int core_notes_features(core_notes *self, const float *samples, size_t n,
                        const core_heard_frame *frames, size_t n_frames, float *out, size_t room,
                        size_t *rows)
{
    float inner[PIECE];
    *rows = 0;
    if (!is_block(n, n_frames))
        return CORE_ERR_RANGE;
    take_frames(self, frames, n_frames);
    int has_room = show(self, out, room, rows);
    for (size_t given = PIECE, taken; has_room && (n > 0 || given == PIECE);) {
        given = resampler_process(&self->input, samples, n, &taken, inner, PIECE);
        samples += taken;
        n -= taken;
        for (size_t at = 0, used; has_room && at < given; at += used) {
            hop_features *hop = &self->hops[self->hops_in % HOP_QUEUE];
            self->hops_in += (uint64_t)notes_front_hop(self->front, inner + at, given - at, &used, hop);
            has_room = show(self, out, room, rows);
        }
    }
    return has_room ? CORE_OK : CORE_ERR_FULL;
}

size_t core_notes_take(core_notes *self, core_heard_note *out, size_t room)
{
    segmenter *segmenter = &self->segmenter;
    size_t n = (size_t)segmenter->n_told < room ? (size_t)segmenter->n_told : room;
    memcpy(out, segmenter->told, n * sizeof *out);
    segmenter->n_told -= (int32_t)n;
    memmove(segmenter->told, segmenter->told + n, (size_t)segmenter->n_told * sizeof *out);
    return n;
}

double core_notes_settled_sec(const core_notes *self)
{
    return self->segmenter.settled_sec;
}
