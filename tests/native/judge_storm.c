/* Storms the judge with generated scores and players, good, bad and hostile ones; run under
 * sanitizers, it says nothing unless something is wrong. */
#include <math.h>
#include <stdlib.h>

#include "core.h"
#include "storm.h"

enum { MOMENTS = 1000, KEYS = 3000, ORNAMENTS = 500, PLAYED = 600 };

typedef struct {
    core_moment moments[MOMENTS];
    core_key keys[KEYS];
    core_ornament ornaments[ORNAMENTS];
    size_t n_moments, n_keys, n_ornaments;
} score;

static int compare(const void *a, const void *b)
{
    double x = ((const core_ornament *)a)->from_sec, y = ((const core_ornament *)b)->from_sec;
    return (x > y) - (x < y);
}

static void make_ornaments(score *s, uint32_t range)
{
    s->n_ornaments = draw(3) ? draw(ORNAMENTS + 1) : 0;
    for (size_t i = 0; i < s->n_ornaments; i++) {
        int32_t key = (int32_t)draw((uint32_t)s->n_keys);
        double due_sec = s->moments[s->keys[key].moment].due_sec;
        s->ornaments[i] = (core_ornament){due_sec - 0.25, due_sec + draw(40) * 0.1, key,
                                          (int32_t)draw(range + 1) - 1,
                                          (int32_t)draw(range + 1) - 1};
    }
    qsort(s->ornaments, s->n_ornaments, sizeof *s->ornaments, compare);
}

static void make_score(score *s, uint32_t range)
{
    static const double steps[] = {0.0, 1e-9, 0.01, 0.1, 0.5, 3.0};
    double due_sec = draw(4) ? -1.0 : draw(2) ? 1e15 : -1e300;
    s->n_moments = 1 + draw(draw(2) ? 20 : MOMENTS);
    s->n_keys = 1 + draw(draw(2) ? 40 : KEYS);
    for (size_t i = 0; i < s->n_moments; i++) {
        due_sec += steps[draw(6)];
        s->moments[i] = (core_moment){due_sec, 0.5 * draw(101) / 100, 0.01 * draw(16), draw(99)};
    }
    uint32_t at = 0, last = (uint32_t)s->n_moments - 1;
    for (size_t i = 0; i < s->n_keys; i++) {
        at += draw(3) == 0 ? draw(3) : 0; /* some moments stay empty, the last has many keys */
        at = at > last ? last : at;
        double roll_sec = draw(5) ? 0.0 : 0.01 * draw(51);
        s->keys[i] =
            (core_key){roll_sec, (int32_t)at, (int32_t)draw(range), (int32_t)i, draw(9) == 0};
    }
    make_ornaments(s, range);
}

static void check(const core_judged *out, const score *s)
{
    int32_t stand = 0;
    for (int i = 0; i < CORE_RESULTS; i++) {
        expect(out->counts[i] >= 0, "counts are not negative");
        stand += out->counts[i];
    }
    stand += out->notes_adorning;
    expect(out->notes_adorning >= 0, "notes of ornaments are not negative");
    expect(stand == out->notes_played + out->counts[CORE_MISSED], "each note has one verdict");
    expect(out->n_reached >= 0 && out->n_reached <= (int32_t)s->n_keys, "keys are reached once");
    expect(out->points == 10 * out->counts[0] + 5 * (out->counts[1] + out->counts[2]), "points");
    expect(out->place >= 0 && out->place < (int32_t)s->n_moments, "place is a moment");
    expect(!isnan(out->deadline_sec), "the deadline is known");
    expect(out->verdict_count >= 0 && out->verdict_count <= CORE_VERDICTS, "verdicts fit");
    for (int i = 0; i < out->verdict_count; i++) {
        const core_verdict *v = &out->verdicts[i];
        expect(v->result >= 0 && v->result < CORE_RESULTS, "results are known");
        expect(v->played_index >= -1 && v->played_index < out->notes_played, "notes were played");
        expect(v->score_index >= -1 && v->score_index < (int32_t)s->n_keys, "notes are the score's");
    }
}

static void play(core_judge *judge, const score *s)
{
    static const double offs[] = {0.0, 0.01, -0.1, 0.2, -0.45, 0.5, 3.0, -1e300, 1e300, -700.0};
    core_judged out;
    double now_sec = s->moments[0].due_sec;
    size_t at = 0;
    for (int i = 0; i < PLAYED; i++) {
        const core_key *k = &s->keys[at];
        double onset_sec = s->moments[k->moment].due_sec + offs[draw(draw(20) ? 6 : 10)];
        int32_t pitch = draw(5) ? k->pitch : (int32_t)draw(128);
        now_sec = onset_sec > now_sec && draw(50) ? onset_sec : now_sec;
        do {
            expect(core_judge_note_on(judge, pitch, onset_sec, now_sec, &out) == CORE_OK, "a note");
            check(&out, s);
        } while (out.has_more);
        expect(core_judge_note_on(judge, 128, 0.0, 0.0, &out) == CORE_ERR_RANGE, "128 is no key");
        expect(core_judge_note_on(judge, 0, NAN, 0.0, &out) == CORE_ERR_RANGE, "NaN is no time");
        if (draw(10) == 0) {
            pitch = draw(5) ? pitch : (int32_t)draw(128);
            expect(core_judge_rename(judge, pitch, onset_sec, &out) == CORE_OK, "a better name");
            check(&out, s);
            expect(core_judge_rename(judge, -1, 0.0, &out) == CORE_ERR_RANGE, "-1 is no key");
        }
        if (draw(5) == 0) {
            expect(core_judge_advance(judge, now_sec += 0.1, &out) == CORE_OK, "time passes");
            check(&out, s); /* what there is more may as well come with the next call */
        }
        at = draw(30) ? (at + draw(2)) % s->n_keys : draw((uint32_t)s->n_keys);
    }
    do {
        expect(core_judge_finish(judge, now_sec, &out) == CORE_OK, "a take ends");
        check(&out, s);
    } while (out.has_more);
}

int main(void)
{
    static score s;
    for (int round = 0; round < 300; round++) {
        make_score(&s, 1 + draw(128));
        size_t size = core_judge_size(s.n_moments, s.n_keys, s.n_ornaments);
        expect(size > 0, "a score has a size");
        core_judge *judge = malloc(size); /* exactly: the sanitizer guards both ends */
        expect(core_judge_init(judge, s.moments, s.n_moments, s.keys, s.n_keys, s.ornaments,
                               s.n_ornaments) == CORE_OK,
               "a score is taken");
        play(judge, &s);
        core_judge_reset(judge);
        play(judge, &s);
        free(judge);
    }
    return 0;
}
