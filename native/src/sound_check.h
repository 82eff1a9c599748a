/* Inside the signal check: faults and levels in blocks of 10 ms, what is in phase with the mains,
 * one spectrum a span. A span is 25 blocks. */
#ifndef ETUDE_SOUND_CHECK_H
#define ETUDE_SOUND_CHECK_H

#include "core.h"
#include "dsp.h"

enum {
    BLOCKS = 25,      /* of a span */
    BLOCK_MAX = 960,  /* samples of 10 ms at the highest rate */
    BEFORE = 96,      /* samples kept of the block before */
    MAINS = 2,        /* 50 and 60 Hz */
    HARMONICS = 6,    /* of each, the first included */
    LOW_HARMONICS = 3, /* one of which every hum has */
    TONES = MAINS * HARMONICS,
    HUM_SPANS = 8,    /* in phase with one another: 2 s */
    HUM_LEAST = 12,   /* windows of which the weakest counts: 3 s */
    BANDS = 24,       /* of steady noise, at most */
    NOISE_SPANS = 24, /* of which the quietest counts: 6 s */
    CUTS = 2,         /* upper ends of narrow transmission: 4 and 8 kHz */
    CUT_BANDS = 3     /* looked at for each: below it, above it, far above it */
};

/* Levels and faults in the samples themselves. */
typedef struct {
    float block[BEFORE + BLOCK_MAX]; /* the end of the block before, then the current one */
    double dc;                       /* running mean */
    double power_sum, loudest, quietest; /* of the span's blocks, without DC */
    float peak, low, high;               /* of the span; of the block */
    uint32_t run;                        /* equal samples up to the last one */
    uint32_t watch;                      /* samples in which loud sound would make the run a gap */
    int32_t is_loud, is_heard;           /* what the run came out of */
    int32_t clipped, constant, gaps, gates; /* in the span */
    uint32_t gap_samples;                /* the longest gap */
} sound_time;

/* What stays in phase with the mains. */
typedef struct {
    float turn_re[TONES], turn_im[TONES]; /* one step of the oscillators */
    float now_re[TONES], now_im[TONES];   /* where they are */
    float sum_re[TONES], sum_im[TONES];   /* sound times oscillator, in this span */
    float span_re[HUM_SPANS][TONES], span_im[HUM_SPANS][TONES]; /* means of the last spans */
    float power[HUM_LEAST][TONES];         /* in the last windows */
    float held;                            /* sum of the samples of this step */
    uint32_t step_samples, filled, steps;  /* samples in a step, of this one; steps in this span */
    uint64_t spans;
} sound_hum;

/* The spectrum at the beginning of each span. */
typedef struct {
    uint32_t n, filled;
    uint32_t bands, band_at[BANDS + 1];         /* first bin of each band, and the end */
    uint32_t cut_at[CUTS][CUT_BANDS][2];        /* bins from, to; all 0: above the sound's range */
    float noise[NOISE_SPANS][BANDS];            /* power of what is steady */
    float most[CUTS][CUT_BANDS];                /* power of a bin, its fading maximum */
    double band_power;
    uint64_t spans;
    float *window, *x, *re, *im, *power; /* behind the object: n, n, then n/2 + 1 each */
    fft *transform;
} sound_spectrum;

struct core_signal {
    double rate_hz;
    uint32_t block_samples, filled, blocks;
    uint64_t spans;
    sound_time time;
    sound_hum hum;
    sound_spectrum spectrum;
};

/* Each part: after its reset, any number of blocks of n samples, and at the end of every 25th
 * what it has to say of the span. */
void sound_time_reset(sound_time *self, double rate_hz);
void sound_time_block(sound_time *self, uint32_t n);
void sound_time_span(sound_time *self, core_signal_span *out);
void sound_hum_reset(sound_hum *self, double rate_hz);
void sound_hum_block(sound_hum *self, const float *x, uint32_t n);
void sound_hum_span(sound_hum *self, core_signal_span *out);
size_t sound_spectrum_extra(double rate_hz);
void sound_spectrum_init(sound_spectrum *self, double rate_hz, void *extra);
void sound_spectrum_reset(sound_spectrum *self);
void sound_spectrum_block(sound_spectrum *self, const float *x, uint32_t n);
void sound_spectrum_span(sound_spectrum *self, core_signal_span *out);

/* Level of a mean square, dBFS by AES17: 0 is a sine of full scale; not below CORE_SIGNAL_NIL. */
double sound_level_db(double mean_square);

#endif
