/* What the storms of all that listens share: scripts of bytes, hostile sound made from them, and a
 * main() that plays random scripts; built with -DFUZZ, a fuzzer's entry that plays its own.
 *
 * Each storm has run_script(): objects in memory that the sanitizer guards, fed as the script says.
 * What has room of its own is as large as it must be, no larger. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "core.h"
#include "storm.h"

enum { BLOCK_MOST = 4500, SCRIPT_BYTES = 240 };

typedef struct {
    const uint8_t *at;
    size_t left;
} script;

static void run_script(script *s);

/* The next byte below a number; 0 where the script has ended. */
static uint32_t take(script *s, uint32_t below)
{
    if (s->left == 0)
        return 0;
    s->left--;
    return *s->at++ % below;
}

static inline double take_rate(script *s)
{
    static const double rates[] = {44100.0, 16000.0, 48000.0, 96000.0, 16000.5, 22050.0, 95999.9};
    return rates[take(s, 7)];
}

/* The tables of a rate, as large as they must be. */
static inline core_tables *made_tables(double rate_hz)
{
    core_tables *tables = malloc(core_tables_size(rate_hz));
    expect(core_tables_init(tables, rate_hz) == CORE_OK, "a rate is a rate");
    return tables;
}

static size_t take_length(script *s)
{
    static const size_t lengths[] = {0, 1, 2, 63, 64, 65, 256, 257, 441, 1000, 2047, BLOCK_MOST};
    return lengths[take(s, 12)];
}

static float any_bits(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    float x;
    memcpy(&x, seed, sizeof x);
    return x;
}

static float noise(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (float)(int32_t)*seed * (1.0f / 2147483648.0f);
}

/* One sample of one kind of sound, good or bad. */
static float sample(uint32_t kind, double phase, float level, uint32_t *seed)
{
    double turn = phase - floor(phase);
    switch (kind) {
    case 0: return 0.0f;
    case 1: return NAN;
    case 2: return turn < 0.5 ? INFINITY : -INFINITY;
    case 3: return turn < 0.5 ? FLT_MAX : -FLT_MAX;
    case 4: return level;
    case 5: return noise(seed);
    case 6: return 1e-42f * noise(seed);
    case 7: return turn < 0.5 ? 1.0f : -1.0f;
    case 8: return turn < 0.01 ? level : 0.0f;
    case 9: return any_bits(seed);
    case 10: return level * (float)(2.0 * turn - 1.0);
    default: return level * (float)sin(6.283185307179586 * turn);
    }
}

/* A block of the sound that the script says; tones go on from block to block. */
static void take_sound(script *s, float *out, size_t n, double rate_hz)
{
    static double phase;
    uint32_t kind = take(s, 16), seed = take(s, 256);
    double f0_hz = 20.0 * exp2(take(s, 250) / 26.0); /* up to 15 kHz */
    float level = ldexpf(1.0f, 2 - (int)take(s, 24));
    for (size_t i = 0; i < n; i++) {
        out[i] = sample(kind, phase, level, &seed);
        phase = fmod(phase + f0_hz / rate_hz, 1.0);
    }
}

/* Memory that nothing was written to, so that what init() forgets shows. */
static inline void *dirty(size_t size)
{
    void *memory = malloc(size);
    expect(memory != NULL, "there is memory");
    memset(memory, 0xA5, size);
    return memory;
}

/* Weights as nets have them, only that these know nothing. */
static inline float *some_weights(size_t n)
{
    float *weights = malloc(n * sizeof *weights);
    uint32_t seed = 1;
    for (size_t k = 0; k < n; k++)
        weights[k] = 0.2f * noise(&seed);
    return weights;
}

#ifdef FUZZ
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    script s = {data, size < 4 * SCRIPT_BYTES ? size : 4 * SCRIPT_BYTES};
    run_script(&s);
    return 0;
}
#else
int main(int argc, char **argv)
{
    int takes = argc > 1 ? atoi(argv[1]) : 100;
    uint8_t bytes[SCRIPT_BYTES];
    for (int k = 0; k < takes; k++) {
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)draw(256);
        script s = {bytes, 1 + draw(SCRIPT_BYTES)};
        run_script(&s);
    }
    return 0;
}
#endif
