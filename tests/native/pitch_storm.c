/* Storms the pitch tracker with hostile sound: frames stay in their ranges, blocks change nothing,
 * a reset tracker is a new one. */
#include "sound_storm.h"

enum { FRAMES = 512 };

typedef struct {
    core_pitch *tracker;
    core_pitch_frame frames[FRAMES];
    size_t n;
} listener;

static double low_hz, high_hz;

/* Whatever room there is: frames come all the same. */
static void feed(listener *self, const float *samples, size_t n, size_t room)
{
    for (;;) {
        size_t used = n + 1;
        core_pitch_frame *frames = dirty(room * sizeof *frames);
        float *features = room % 2 ? dirty(room * CORE_PITCH_FEATURES * sizeof *features) : NULL;
        size_t count = core_pitch_process(self->tracker, samples, n, &used, frames, room, features);
        expect(used <= n && count <= room, "no more is taken than there is");
        for (size_t k = 0; features && k < count * CORE_PITCH_FEATURES; k++)
            expect(isfinite(features[k]), "features are finite");
        for (size_t k = 0; k < count && self->n < FRAMES; k++)
            self->frames[self->n++] = frames[k];
        free(frames);
        free(features);
        samples += used;
        n -= used;
        if (n == 0 && count < room)
            return;
        expect(used > 0 || count > 0, "there is progress");
    }
}

static void check_frames(const listener *self)
{
    static double last_sec;
    for (size_t k = 0; k < self->n; k++) {
        const core_pitch_frame *frame = &self->frames[k];
        expect(k == 0 || frame->time_sec >= last_sec, "time goes on");
        last_sec = frame->time_sec;
        expect(isfinite(frame->time_sec) && frame->time_sec >= 0.0, "time is finite");
        expect(frame->f0_hz > 5.0 && frame->f0_hz < 20000.0, "f0 is always a pitch");
        expect(frame->confidence >= 0.0 && frame->confidence <= 1.0, "confidence is a chance");
        expect(isfinite(frame->level_db) && frame->level_db < 40.0, "a level is finite");
        expect(fabs(frame->clarity) <= 1.01, "clarity is a correlation");
        expect(frame->is_voiced == 0 || frame->is_voiced == 1, "voiced or not");
    }
}

static void feed_both(script *s, listener *whole, listener *parts, double rate_hz)
{
    size_t n = take_length(s), done = 0;
    float *sound = malloc(n * sizeof *sound);
    take_sound(s, sound, n, rate_hz);
    whole->n = parts->n = 0;
    feed(whole, sound, n, 1 + take(s, 64));
    for (size_t part; done < n; done += part) {
        part = 1 + take(s, 250);
        part = part < n - done && s->left ? part : n - done;
        feed(parts, sound + done, part, 2);
    }
    expect(whole->n == parts->n &&
               memcmp(whole->frames, parts->frames, whole->n * sizeof *whole->frames) == 0,
           "blocks change nothing");
    check_frames(whole);
    free(sound);
}

static void take_range(script *s)
{
    static const double ranges[][2] = {
        {27.5, 4186.0}, {65.0, 1000.0}, {440.0, 441.0}, {1.0, 1e9}, {1e-300, 1e-299}, {1e6, 1e300},
    };
    const double *range = ranges[take(s, 6)];
    low_hz = range[0];
    high_hz = range[1];
}

static void check_refusals(core_pitch *tracker, core_tables *tables)
{
    static const double wrong[][2] = {{0.0, 100.0}, {100.0, 100.0}, {NAN, 100.0}, {100.0, NAN}};
    for (int k = 0; k < 4; k++)
        expect(core_pitch_init(tracker, tables, wrong[k][0], wrong[k][1], NULL) == CORE_ERR_RANGE,
               "a range is a range");
    expect(core_tables_init(tables, NAN) == CORE_ERR_RANGE, "a rate is a rate");
    expect(core_tables_size(0.0) == 0 && core_tables_size(1e300) == 0, "0 is no rate");
}

static void run_script(script *s)
{
    double rate_hz = take_rate(s);
    take_range(s);
    float *net = some_weights(core_pitch_weights());
    const float *weights = take(s, 3) ? net : NULL;
    listener *whole = malloc(sizeof *whole), *parts = malloc(sizeof *parts);
    core_tables *tables = made_tables(rate_hz);
    whole->tracker = dirty(core_pitch_size());
    parts->tracker = dirty(core_pitch_size());
    int status = core_pitch_init(whole->tracker, tables, low_hz, high_hz, weights);
    expect(status == core_pitch_init(parts->tracker, tables, low_hz, high_hz, weights),
           "the same range is taken or refused");
    while (status == CORE_OK && s->left > 0) {
        for (uint32_t more = take(s, 12); more < 11 && s->left > 0; more++)
            feed_both(s, whole, parts, rate_hz);
        if (take(s, 4) == 0) {
            core_pitch_reset(whole->tracker);
            memset(parts->tracker, 0x5A, core_pitch_size());
            core_pitch_init(parts->tracker, tables, low_hz, high_hz, weights);
        }
    }
    check_refusals(whole->tracker, tables);
    free(whole->tracker);
    free(parts->tracker);
    free(tables);
    free(whole);
    free(parts);
    free(net);
}
