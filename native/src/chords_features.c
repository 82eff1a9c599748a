/* What the spectra around an onset say of every pitch. */
#include "chords.h"

#include <math.h>

#define A4_HZ 440.0
#define HIGHEST_HZ 7600.0
#define REACH 0.0204 /* a partial lies within 35 cents of its place ... */
#define STIFFNESS 1.5e-4 /* ... which stiff strings raise: half of a piano's inharmonicity at C4 */
#define NEAREST_HZ 60.0 /* what lies around a partial is averaged over at least this either way, */
#define FURTHEST_HZ 400.0 /* and at most this */
#define PER_DB 0.05f      /* so that features lie about -4..1 */
#define SILENT -4.0f      /* a level at the floor, times PER_DB */

/* Where notes an octave, two and a twelfth below have partials and this one has none. */
static const double BETWEEN[BETWEENS] = {0.5, 1.5, 2.5, 3.5, 1.0 / 3, 2.0 / 3, 4.0 / 3, 5.0 / 3};

typedef struct {
    float db;      /* the loudest bin within reach */
    size_t at;     /* which one that is */
    size_t centre; /* the bin of the place itself */
    float off;     /* where the peak lies, -1..1 of the reach */
} peak;

static size_t bin_of(const spectrum *of, double hz)
{
    double bin = hz / of->bin_hz + 0.5;
    return bin < (double)(of->bins - 2) ? (size_t)bin : of->bins - 2;
}

static inline float held(float value, float low, float high)
{
    return value < low ? low : value > high ? high : value;
}

static peak find_peak(const spectrum *of, double hz)
{
    size_t low = bin_of(of, hz * (1.0 - REACH)), high = bin_of(of, hz * (1.0 + REACH));
    peak found = {.centre = bin_of(of, hz)};
    low = low > 1 ? low : 1;
    high = high > low ? high : low;
    found.at = low;
    for (size_t k = low + 1; k <= high; k++)
        found.at = of->db[k] > of->db[found.at] ? k : found.at;
    found.db = of->db[found.at];
    float left = of->db[found.at - 1], right = of->db[found.at + 1];
    float bend = left - 2.0f * found.db + right;
    float part = bend < -1e-3f ? held(0.5f * (left - right) / bend, -1.0f, 1.0f) : 0.0f;
    double at_hz = ((double)found.at + part) * of->bin_hz;
    found.off = held((float)((at_hz - hz) / (hz * REACH)), -1.5f, 1.5f);
    return found;
}

/* The mean level of what lies around a place. */
static float around(const spectrum *of, double hz, double width_hz)
{
    size_t low = bin_of(of, hz > width_hz ? hz - width_hz : 0.0), high = bin_of(of, hz + width_hz);
    return (of->sum[high + 1] - of->sum[low]) / (float)(high + 1 - low);
}

static float loudest_near(const spectrum *of, double hz)
{
    size_t at = bin_of(of, hz);
    at = at > 1 ? at : 1;
    float most = of->db[at - 1];
    most = of->db[at] > most ? of->db[at] : most;
    return of->db[at + 1] > most ? of->db[at + 1] : most;
}

static double partial_hz(double f0_hz, double k)
{
    return k * f0_hz * (1.0 + STIFFNESS * k * k);
}

static double width_of(double f0_hz)
{
    double width = 0.5 * f0_hz;
    return width < NEAREST_HZ ? NEAREST_HZ : width > FURTHEST_HZ ? FURTHEST_HZ : width;
}

/* Level, rise since before the onset, height over what lies around, and how far off, a partial. */
static void partials(const core_chords *self, double f0_hz, float *out)
{
    for (int k = 0; k < PARTIALS; k++, out += 4) {
        double hz = partial_hz(f0_hz, k + 1);
        if (hz > HIGHEST_HZ) {
            out[0] = SILENT, out[1] = out[2] = out[3] = 0.0f;
            continue;
        }
        peak at = find_peak(&self->after, hz);
        double at_hz = (double)at.at * self->after.bin_hz;
        out[0] = PER_DB * at.db;
        out[1] = PER_DB * (at.db - loudest_near(&self->before, at_hz));
        out[2] = PER_DB * (at.db - around(&self->after, hz, width_of(f0_hz)));
        out[3] = at.off;
    }
}

/* The height of what lies between its partials, and the level of the two nearest. */
static void betweens(const core_chords *self, double f0_hz, float *out)
{
    for (int k = 0; k < BETWEENS; k++) {
        double hz = BETWEEN[k] * f0_hz;
        float db = hz > HIGHEST_HZ ? 0.0f : find_peak(&self->after, hz).db;
        out[k] = hz > HIGHEST_HZ
                     ? 0.0f : PER_DB * (db - around(&self->after, hz, width_of(f0_hz)));
        if (k < 2)
            out[BETWEENS + k] = hz > HIGHEST_HZ ? SILENT : PER_DB * db;
    }
}

/* How much louder each partial was in the attack, and is now, than over all that came since. */
static void attacks(const core_chords *self, double f0_hz, float *out)
{
    for (int k = 0; k < ATTACKS; k++, out += 2) {
        double hz = partial_hz(f0_hz, k + 1);
        if (hz > HIGHEST_HZ) {
            out[0] = out[1] = 0.0f;
            continue;
        }
        peak at = find_peak(&self->after, hz);
        double at_hz = (double)at.at * self->after.bin_hz;
        out[0] = PER_DB * (loudest_near(&self->attack, at_hz) - at.db);
        out[1] = PER_DB * (loudest_near(&self->late, at_hz) - at.db);
    }
}

static float mean_db(const spectrum *of, double low_hz, double high_hz)
{
    size_t low = bin_of(of, low_hz), high = bin_of(of, high_hz);
    return (of->sum[high] - of->sum[low]) / (float)(high - low);
}

void chords_features(core_chords *self, int64_t onset, int64_t end)
{
    double elapsed_sec = (double)(end - onset) / DSP_RATE_HZ;
    float flatness = PER_DB * mean_db(&self->after, 100.0, 4000.0);
    float rise = flatness - PER_DB * mean_db(&self->before, 100.0, 4000.0);
    float elapsed = (float)log2(elapsed_sec / 0.1);
    for (int p = 0; p < PITCHES; p++) {
        float *out = self->features + p * FEATURES;
        double f0_hz = A4_HZ * exp2((LOWEST + p - 69) / 12.0);
        partials(self, f0_hz, out);
        out += 4 * PARTIALS;
        betweens(self, f0_hz, out);
        out += BETWEENS + 2;
        attacks(self, f0_hz, out);
        out += 2 * ATTACKS;
        out[0] = (float)(p - 44) / 22.0f;
        out[1] = elapsed;
        out[2] = flatness;
        out[3] = rise;
        for (int k = 4 * PARTIALS + BETWEENS + 2 + 2 * ATTACKS + 4; k < FEATURES; k++)
            self->features[p * FEATURES + k] = 0.0f;
    }
}
