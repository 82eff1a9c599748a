/* Storms the tempo model with generated beats and players, good, bad and hostile ones; run under
 * sanitizers, it says nothing unless something is wrong. */
#include <math.h>
#include <stdlib.h>

#include "core.h"
#include "storm.h"

enum { TAKES = 400, ONSETS = 500 };

static double one_of(const double *values, uint32_t count)
{
    return values[draw(count)];
}

static double draw_gap(void)
{
    static const double gaps[] = {0.0, 0.25, 0.5, 1.0, 4.0, -1.0, 1e-12, 1e-6, 1e5, 2e9};
    return one_of(gaps, draw(10) ? 5 : 10);
}

static double draw_wait(void)
{
    static const double waits[] = {0.0, 0.1, 0.25, 0.5, 1.0, 3.0, -1.0, 1e-300, 1e6, 2e12};
    return one_of(waits, draw(10) ? 6 : 10);
}

static void check_time(core_prediction told)
{
    int is_unknown = isnan(told.time_sec) && isnan(told.sigma_sec);
    expect(is_unknown || (isfinite(told.time_sec) && told.sigma_sec > 0.0 &&
                          isfinite(told.sigma_sec)),
           "a time is known with its spread, or neither is");
}

static void check(const core_tempo *tempo, double beat)
{
    core_prediction beat_sec = core_tempo_beat(tempo), next;
    check_time(core_tempo_due(tempo));
    check_time(beat_sec);
    expect(isnan(beat_sec.time_sec) || beat_sec.time_sec > 0.0, "a beat lasts for some time");
    expect(core_tempo_predict(tempo, beat, &next) == CORE_OK, "any beat is predicted");
    check_time(next);
    expect(core_tempo_predict(tempo, NAN, &next) == CORE_ERR_RANGE, "NaN is no beat");
}

static double within(double value, double most)
{
    return fmin(fmax(value, -most), most);
}

static void play(core_tempo *tempo)
{
    double beat = draw(4) ? 0.0 : -1e9, clock = draw(4) ? 0.0 : 1e12;
    for (int i = 0; i < ONSETS; i++) {
        double bar = draw(4) ? 4.0 : 0.0, was = beat;
        beat = within(draw(40) ? beat + draw_gap() : -beat, 1e9);
        clock = within(clock + draw_wait() + 0.25 * (beat - was), 1e12);
        core_place place = {.beat = beat,
                            .beat_in_bar = bar * (0.25 * draw(5)),
                            .bar_beats = bar,
                            .is_held = draw(20) == 0};
        int status = draw(20) ? core_tempo_observe(tempo, &place, clock)
                              : core_tempo_jump(tempo, &place, clock);
        expect(status == CORE_OK, "an onset is taken");
        check(tempo, draw(2) ? within(beat + draw_gap(), 1e9) : -beat);
        place.beat_in_bar = bar + 1.0;
        expect(core_tempo_observe(tempo, &place, clock) == CORE_ERR_RANGE, "a bar ends");
        if (draw(20) == 0) {
            double moved = draw_gap() - draw_gap();
            int is_in_range = fabs(moved) <= 1e9;
            expect(core_tempo_shift(tempo, moved) == (is_in_range ? CORE_OK : CORE_ERR_RANGE),
                   "the beat goes on elsewhere");
            beat = within(is_in_range ? beat + moved : beat, 1e9);
            check(tempo, beat);
        }
    }
}

int main(void)
{
    core_tempo *tempo = malloc(core_tempo_size()); /* exactly: the sanitizer guards both ends */
    core_tempo_init(tempo);
    for (int take = 0; take < TAKES; take++) {
        play(tempo);
        core_tempo_reset(tempo);
    }
    free(tempo);
    return 0;
}
