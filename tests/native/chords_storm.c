/* Storms the chord verifier with hostile sound and questions: chances are chances, blocks change
 * nothing, a reset verifier is a new one. */
#include <limits.h>

#include "sound_storm.h"

enum { ASKED = 92 };

typedef struct {
    void *memory;
    core_chords *verifier;
} listener;

static double take_onset(script *s, double heard_sec)
{
    static const double wrong[] = {NAN, INFINITY, -INFINITY, -1.0, 1e300, -1e300};
    uint32_t way = take(s, 8);
    if (way == 0)
        return wrong[take(s, 6)];
    if (way == 1)
        return heard_sec - 0.02;
    return heard_sec - 0.02 * take(s, 256); /* up to 5.1 s ago */
}

static void ask_both(script *s, listener *whole, listener *parts)
{
    int32_t *pitches = malloc(ASKED * sizeof *pitches);
    double *chances = dirty(ASKED * sizeof *chances), *others = dirty(ASKED * sizeof *others);
    double heard_sec = core_chords_heard_sec(whole->verifier);
    expect(heard_sec == core_chords_heard_sec(parts->verifier), "both have heard as much");
    double onset_sec = take_onset(s, heard_sec);
    for (int k = 0; k < 88; k++)
        pitches[k] = 21 + k;
    pitches[88] = INT_MIN, pitches[89] = INT_MAX, pitches[90] = 20, pitches[91] = 109;
    int status = core_chords_probabilities(whole->verifier, pitches, ASKED, onset_sec, chances);
    expect(status == core_chords_probabilities(parts->verifier, pitches, ASKED, onset_sec, others),
           "both answer or neither");
    expect(memcmp(chances, others, ASKED * sizeof *chances) == 0, "blocks change nothing");
    for (int k = 0; status == CORE_OK && k < ASKED; k++)
        expect(k < 88 ? chances[k] >= 0.0 && chances[k] <= 1.0 : isnan(chances[k]),
               "a chance is a chance, where a piano has the pitch");
    free(pitches), free(chances), free(others);
}

static void check_features(listener *self)
{
    float *features = dirty(CORE_CHORDS_PITCHES * CORE_CHORDS_FEATURES * sizeof *features);
    double onset_sec = core_chords_heard_sec(self->verifier) - 0.1;
    if (core_chords_features(self->verifier, onset_sec, features) == CORE_OK)
        for (int k = 0; k < CORE_CHORDS_PITCHES * CORE_CHORDS_FEATURES; k++)
            expect(isfinite(features[k]), "features are finite");
    free(features);
}

static void feed_both(script *s, listener *whole, listener *parts, double rate_hz)
{
    size_t n = take_length(s) << take(s, 5), done = 0; /* up to 1.6 s at 44.1 kHz */
    float *sound = malloc(n * sizeof *sound);
    take_sound(s, sound, n, rate_hz);
    core_chords_process(whole->verifier, sound, n);
    for (size_t part; done < n; done += part) {
        part = 1 + take(s, 250);
        part = part < n - done && s->left ? part : n - done;
        core_chords_process(parts->verifier, sound + done, part);
    }
    free(sound);
}

static void begin(listener *self, const core_tables *tables, const float *weights)
{
    memset(self->memory, 0xA5, core_chords_size());
    self->verifier = core_chords_init(self->memory, tables, weights, CORE_CHORDS_WEIGHTS);
    expect(self->verifier != NULL, "weights are weights");
}

static void run_script(script *s)
{
    double rate_hz = take_rate(s);
    float *weights = some_weights(CORE_CHORDS_WEIGHTS);
    listener whole = {.memory = malloc(core_chords_size())};
    listener parts = {.memory = malloc(core_chords_size())};
    core_tables *tables = made_tables(rate_hz);
    begin(&whole, tables, weights);
    begin(&parts, tables, weights);
    while (s->left > 0) {
        for (uint32_t more = take(s, 12); more < 11 && s->left > 0; more++) {
            feed_both(s, &whole, &parts, rate_hz);
            ask_both(s, &whole, &parts);
        }
        check_features(&whole);
        if (take(s, 4) == 0) {
            core_chords_reset(whole.verifier);
            begin(&parts, tables, weights);
        }
    }
    expect(core_chords_init(whole.memory, tables, weights, 1) == NULL, "weights are counted");
    free(tables);
    free(whole.memory);
    free(parts.memory);
    free(weights);
}
