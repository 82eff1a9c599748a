/* Inside the pitch tracker: what it keeps of the sound, and what it makes of a hop. */
#ifndef ETUDE_PITCH_H
#define ETUDE_PITCH_H

#include "core.h"
#include "dsp.h"

enum {
    HOP = 64,             /* samples of the inner rate in a frame: 4 ms */
    SLOW = 4,             /* the slow stream has a quarter of the inner rate */
    SLOW_HOP = HOP / SLOW,
    FAST_LAGS = 104,      /* lags of the inner rate, */
    SLOW_LAGS = 160,      /* and of the slow stream: 40 ms, more than a period of A0 */
    WINDOWS = 4,          /* autocorrelations of so many lengths of sound */
    LONGEST = 18,         /* hops in the longest one */
    FFT_SAMPLES = 512,    /* 32 ms of the inner rate, 128 ms of the slow stream */
    FFT_BINS = FFT_SAMPLES / 2 + 1,
    DECIMATOR_TAPS = 40,
    UP = 2,               /* the correlations are made finer by this factor */
    PEDESTAL = 8,         /* zeros about them, for the taps that make them finer */
    BINS = CORE_PITCH_BINS,
    PAD = CORE_PITCH_PAD,
    ROW = CORE_PITCH_ROW,
    ROWS = CORE_PITCH_ROWS,
    CONTEXT = CORE_PITCH_CONTEXT,         /* scalars known before the bins are scored */
    FIRST_FAST = 92     /* bins from here on (370 Hz) take their lags from the inner rate */
};

#define LOW_PITCH 20.0      /* MIDI pitch of bin 0 */
#define BINS_PER_SEMITONE 2.0
#define PITCH_QUIET_LINE 1e-6f /* power of a spectrum's line that is silence */
#define PITCH_QUIETEST_DB -65.0f /* nothing sounds below it */
#define SLOW_RATE_HZ (DSP_RATE_HZ / SLOW)

/* Where a bin looks up its value: the finer of two grids of lags or frequencies. */
typedef struct {
    int32_t level;      /* the largest of 1, 2, 4 or 8 values from here ... -1: of none */
    int32_t low, other; /* ... and from there ... */
    int32_t at;         /* ... and of what lies between this one and the next; -1: outside */
    float part;
} cell;

enum { GRID = 320, LEVELS = 4 }; /* entries of the finest grid; widths of 1, 2, 4, 8 */

/* The largest of each entry and those after it, of all widths, so that any run takes two looks. */
typedef struct {
    float widest[LEVELS][GRID + 8];
} peaks;

/* The cell about a place on a grid, a quarter semitone either side. */
cell pitch_cell(double place);

DSP_INLINE void pitch_find_peaks(peaks *p, const float *grid, int n)
{
    for (int k = 0; k < n; k++)
        p->widest[0][k] = grid[k];
    for (int level = 1; level < LEVELS; level++) {
        const float *finer = p->widest[level - 1];
        int step = 1 << (level - 1), left = n - (1 << level) + 1;
        for (int k = 0; k < left; k++)
            p->widest[level][k] = finer[k] > finer[k + step] ? finer[k] : finer[k + step];
    }
}

DSP_INLINE float pitch_look_up(const peaks *p, const cell *where)
{
    const float *grid = p->widest[0];
    float best = grid[where->at] + where->part * (grid[where->at + 1] - grid[where->at]);
    if (where->level < 0)
        return best;
    const float *row = p->widest[where->level];
    float one = row[where->low], other = row[where->other];
    one = one > other ? one : other;
    return one > best ? one : best;
}

/* What of a stream the correlations need. */
typedef struct {
    float products[LONGEST][SLOW_LAGS]; /* of each hop: its sound times that a lag before */
    float energies[LONGEST][SLOW_LAGS]; /* ... and the energy of that a lag before */
    float finer[WINDOWS][UP * SLOW_LAGS]; /* normalised, -1..1 */
    size_t lags, hop;
} correlation;

struct core_pitch {
    resampler *input;
    const fft *transform;
    const float *weights; /* the caller's */
    double delay_sec;     /* of the resampler */
    int32_t low_bin, high_bin;

    float hop[HOP];       /* of the inner rate, coming in */
    size_t filled;
    int64_t n_hops;
    float history[FFT_SAMPLES + HOP];       /* of the inner rate, oldest first */
    float slow_history[FFT_SAMPLES];
    float high_history[FAST_LAGS + HOP];    /* without what lies below 200 Hz */
    float decimator[DECIMATOR_TAPS + HOP];
    double blocker[2], high_pass[4];        /* states of the filters */
    correlation fast, slow;

    float mean_power[FFT_BINS + 1]; /* of the last hops' spectra */
    float quick_power[FFT_BINS + 1], usual_power[FFT_BINS + 1]; /* ... of the newest sound's */
    float rows[ROWS][ROW];
    float scores[BINS + 8]; /* as many as fill vectors, LANES */
    float none;           /* the score of nothing at all */
    float chances[BINS];  /* of each bin, given this hop alone, */
    float belief[BINS];   /* ... and given the sound so far */
    float odds;           /* log odds of any bin against none */
    int32_t bin;          /* the one believed in, */
    int32_t last_bin;     /* ... a hop ago, */
    int32_t steady_hops;  /* ... and for how long */
    int32_t silent_hops;  /* for how long it has been held since nothing sounds */
    float scalars[CORE_PITCH_SCALARS];
    float energy[LONGEST];/* of each of the last hops */
    int32_t far_hops;             /* of clear sound far below the melody */
    float reference_db, floor_db; /* of the melody, of what is left between its notes */
    float loud_db;        /* most of the sound lies below it */
    float level_db, quick_db; /* of the last 28 ms, of the last 4 */
    float sure;           /* chance that something sounds and the bin is right */
    int32_t is_voiced;
    double last_sec;

    float window[FFT_SAMPLES], quick_window[FFT_SAMPLES];
    float taps[DECIMATOR_TAPS];
    double high_b[3], high_a[2];
    cell lags[BINS];      /* into correlation.finer */
    cell fast_cells[ROW], slow_cells[ROW]; /* into the spectra */
    float frequency_hz[BINS];
    float places[2][BINS + 8]; /* of each bin, 0..1, and squared */
};

extern const int PITCH_WINDOW_HOPS[WINDOWS];

/* pitch_front.c: take in the hop; correlations and spectra on the bins' scale. */
void pitch_front_init(core_pitch *self);
void pitch_front_reset(core_pitch *self);
void pitch_front(core_pitch *self);

/* pitch_spectrum.c */
void pitch_spectrum_init(core_pitch *self);
void pitch_spectrum(core_pitch *self);

/* pitch_context.c: levels, and how much of the sound is tone. */
void pitch_context_reset(core_pitch *self);
void pitch_context(core_pitch *self);

/* pitch_score.c: how well each bin explains the hop. */
void pitch_score(core_pitch *self);

/* pitch_path.c: the way through the bins. */
void pitch_path_reset(core_pitch *self);
void pitch_path(core_pitch *self);

/* The first of the largest values from first to last. */
int pitch_largest(const float *x, int first, int last);

/* pitch_voice.c: whether anything sounds, and how sure that is. */
void pitch_voice_reset(core_pitch *self);
void pitch_voice(core_pitch *self);

/* pitch_refine.c: the frequency near a bin, and how long ago it was so, in seconds. */
double pitch_refine(const core_pitch *self, int bin, double *age_sec);

static inline float pitch_held(float x, float low, float high)
{
    return x < low ? low : x > high ? high : x;
}

/* How strongly the bin repeats itself in a window, -1..1. */
static inline float pitch_clarity(const core_pitch *self, int window, int bin)
{
    return self->rows[window][PAD + bin];
}

#endif
