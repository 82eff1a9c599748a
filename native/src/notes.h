/* Inside the notes of the core: what is heard of a stream, hop by hop, and the notes made of it. */
#ifndef ETUDE_NOTES_H
#define ETUDE_NOTES_H

#include "core.h"
#include "dsp.h"

enum {
    HOP = CORE_NOTES_HOP, /* samples of the inner rate between two hops: 8 ms */
    SHORT = 512, /* samples of the window that times attacks: 32 ms */
    LONG = 1024, /* samples of the window that tells neighbouring pitches apart: 64 ms */
    SHORT_BANDS = 28,
    LONG_BANDS = 44,
    BANDS = SHORT_BANDS + LONG_BANDS,
    RISE_HOPS = 2, /* what is louder than so many hops ago has risen */
    LAGS = 4,      /* steps back at which pitch is compared */
    PITCH_FEATURES = 2 + 2 * LAGS,
    ENERGIES = 2,
    FEATURES = CORE_NOTES_FEATURES,
    FRAME_QUEUE = 512, /* frames of pitch that wait for their hop */
    HOP_QUEUE = 32,    /* hops that wait for their frame of pitch */
    PITCH_LAG_HOPS = 3 /* a hop's frame of pitch lies so many hops before its end */
};

#define HOP_SEC (HOP / DSP_RATE_HZ)

_Static_assert(FEATURES == 2 * BANDS + ENERGIES + PITCH_FEATURES, "core.h says how many");

/* A frame of pitch as the tracker tells it. */
typedef struct {
    double time_sec;
    double semitones; /* MIDI pitch with its fraction */
    float confidence;
    int32_t is_voiced;
} note_frame;

/* What one hop of sound tells: levels against the loudest of late. */
typedef struct {
    float value[2 * BANDS + ENERGIES];
    float level; /* mean square of the hop's samples */
} hop_features;

typedef struct notes_front notes_front;

size_t notes_front_size(void);
void notes_front_init(notes_front *self, const core_tables *tables);
void notes_front_reset(notes_front *self);

/* Take samples of the inner rate until a hop is whole; *used of n were taken.  Returns 1 where out
 * holds a hop. */
int notes_front_hop(notes_front *self, const float *inner, size_t n, size_t *used,
                    hop_features *out);

/* ---- the onset detector: features to the chance of an onset ---- */

enum {
    EMBEDDED = 32, /* what the net keeps of a hop */
    TAPS = 16,     /* hops that it looks at for one answer */
    HIDDEN = 32,
    MEMORY = 32,     /* hops kept; beyond the furthest tap */
    ONSET_DELAY = CORE_NOTES_DELAY,   /* hops between an onset and the end of the first hop that tells ... */
    ONSET_DELAYS = CORE_NOTES_DELAYS, /* ... and how many do */
    ONSET_WEIGHTS = FEATURES * EMBEDDED + EMBEDDED + TAPS * EMBEDDED * HIDDEN + HIDDEN
                    + HIDDEN * ONSET_DELAYS + ONSET_DELAYS
};

typedef struct {
    const float *weights;
    float memory[MEMORY][EMBEDDED];
    double pitch[MEMORY]; /* semitones of each hop's frame ... */
    float sure[MEMORY];   /* ... and how sure; 0: none */
    uint64_t hops;
} onset_net;

void onset_net_reset(onset_net *self);

/* The features of pitch of one hop, whose frame this is; NULL: no frame. */
void onset_net_pitch(onset_net *self, const note_frame *frame, float out[PITCH_FEATURES]);

/* chances[k], 0..1: that a note began ONSET_DELAY + k hops before the end of this one. */
void onset_net_hop(onset_net *self, const float features[FEATURES], float chances[ONSET_DELAYS]);

/* ---- segmentation: frames of pitch and onsets to notes ---- */

enum {
    PAST = 64,      /* frames looked back at */
    LEVELS = 32,    /* hops whose level is kept */
    CHANCES = 32,   /* hops whose chance of an onset is kept */
    BINS = 81,      /* of a note's pitches around its first ... */
    TOLD_QUEUE = 64 /* notes told and not yet taken */
};

/* One note from its first sign on. */
typedef struct {
    double onset_sec;
    double center;      /* semitones; where the note stands now */
    double origin;      /* semitones of the middle bin */
    double last_sec;    /* its last frame */
    double told;        /* semitones that were told last ... */
    double told_sec;    /* ... and at which frame */
    float bins[BINS];   /* how sure its frames were, by pitch */
    float weight;       /* of all bins */
    float peak;         /* loudest level of its attack */
    float doubt;        /* sum of 1 - confidence of its frames */
    int32_t frames;
    int32_t id;
} note_so_far;

/* Frames that agree with each other and may become a note. */
typedef struct {
    double start_sec, last_sec, mean;
    int32_t frames;
} steady_run;

typedef struct {
    note_frame past[PAST];
    uint64_t frames;
    float levels[LEVELS];
    uint64_t hops;
    note_so_far note;     /* told; id -1: none */
    int32_t is_pending;   /* a note has begun whose pitch is not sure yet ... */
    int32_t is_struck;    /* ... with an attack, */
    double pending_sec;   /* at this instant */
    steady_run run;       /* what the pending note, or one after the told one, may become */
    float chances[CHANCES]; /* of an onset, at each hop's end: as it is seen now */
    double struck_sec;    /* the last onset that was sure by itself */
    double settled_sec;
    core_heard_note told[TOLD_QUEUE];
    int32_t n_told;
    int32_t next_id;
} segmenter;

/* The frame so many before the newest. */
static inline const note_frame *segmenter_past(const segmenter *self, uint64_t back)
{
    return &self->past[(self->frames - 1 - back) % PAST];
}

void segmenter_reset(segmenter *self);
void segmenter_frame(segmenter *self, const note_frame *frame);

/* A hop's level, and the chances of an onset ONSET_DELAY hops before its end and before that. */
void segmenter_hop(segmenter *self, float level, const float chances[ONSET_DELAYS]);

/* notes_chances.c: instants are ends of hops, counted from the first */
int64_t segmenter_newest(const segmenter *self);
int segmenter_is_onset(const segmenter *self, int64_t instant);
double segmenter_mean_sec(const segmenter *self, int64_t instant);
float segmenter_likeliest(const segmenter *self, double from_sec, double to_sec, double *sec);

/* notes_told.c: frames are counted back from the newest */
float segmenter_attack_level(const segmenter *self, double onset_sec);
void segmenter_note_add(segmenter *self, const note_frame *frame, uint64_t back);
void segmenter_tell_again(segmenter *self);
void segmenter_settle_on_run(segmenter *self);
void segmenter_end_note(segmenter *self, double offset_sec);

#endif
