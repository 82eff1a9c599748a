/* Storms the signal check with hostile sound: measures stay in their ranges, blocks change
 * nothing, a reset check is a new one. */
#include "sound_storm.h"

typedef struct {
    core_signal *check;
    core_signal_span spans[8]; /* the first of a block */
    size_t n;
} listener;

static void feed(listener *self, const float *samples, size_t n)
{
    while (n > 0) {
        size_t used = n + 1;
        core_signal_span span;
        memset(&span, 0, sizeof span); /* its padding, too */
        int ended = core_signal_process(self->check, samples, n, &used, &span);
        expect(used <= n && (ended || used == n), "all is taken in, up to the end of a span");
        if (ended && self->n < 8)
            self->spans[self->n++] = span;
        samples += used;
        n -= used;
    }
}

static int is_level(double level_db)
{
    return level_db >= CORE_SIGNAL_NIL && level_db < 30.0; /* samples are held within +-8 */
}

static int is_count(int32_t count)
{
    return count >= 0 && count <= 25;
}

static void check_span(const core_signal_span *span)
{
    expect(is_level(span->level_db) && is_level(span->loudest_db) && is_level(span->quietest_db),
           "levels are levels");
    expect(is_level(span->band_db) && is_level(span->noise_db) && is_level(span->hum_db),
           "levels of parts are levels");
    expect(span->quietest_db <= span->level_db && span->level_db <= span->loudest_db,
           "the level lies between the quietest and the loudest");
    expect(span->peak >= 0.0 && span->peak <= 8.0 && fabs(span->dc) <= 8.0, "samples are held");
    expect(isfinite(span->cut_4k_db) && isfinite(span->cut_8k_db), "cuts are finite");
    expect(span->hum_hz == 50 || span->hum_hz == 60, "mains have 50 or 60 Hz");
    expect(is_count(span->clipped_blocks) && is_count(span->constant_blocks), "blocks of 25");
    expect(span->gaps >= 0 && span->gates >= 0, "faults are counted");
}

static void feed_both(script *s, listener *whole, listener *parts, double rate_hz)
{
    size_t n = take_length(s), done = 0;
    float *sound = malloc(n * sizeof *sound);
    take_sound(s, sound, n, rate_hz);
    whole->n = parts->n = 0;
    feed(whole, sound, n);
    for (size_t part; done < n; done += part) {
        part = 1 + take(s, 250);
        part = part < n - done && s->left ? part : n - done;
        feed(parts, sound + done, part);
    }
    expect(whole->n == parts->n &&
               memcmp(whole->spans, parts->spans, whole->n * sizeof *whole->spans) == 0,
           "blocks change nothing");
    for (size_t k = 0; k < whole->n; k++)
        check_span(&whole->spans[k]);
    free(sound);
}

static void run_script(script *s)
{
    double rate_hz = take_rate(s);
    listener whole = {.check = dirty(core_signal_size(rate_hz))};
    listener parts = {.check = dirty(core_signal_size(rate_hz))};
    expect(core_signal_init(whole.check, rate_hz) == CORE_OK, "a rate is a rate");
    core_signal_init(parts.check, rate_hz);
    while (s->left > 0) {
        for (uint32_t more = take(s, 12); more < 11 && s->left > 0; more++)
            feed_both(s, &whole, &parts, rate_hz);
        if (take(s, 4) == 0) {
            core_signal_reset(whole.check);
            memset(parts.check, 0x5A, core_signal_size(rate_hz));
            core_signal_init(parts.check, rate_hz);
        }
    }
    expect(core_signal_size(0.0) == 0 && core_signal_size(NAN) == 0, "0 is no rate");
    expect(core_signal_init(whole.check, 1e9) == CORE_ERR_RANGE, "nor is 1 GHz");
    free(whole.check);
    free(parts.check);
}
