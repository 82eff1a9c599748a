/* Storms the follower with generated scores and players, good, bad and hostile ones; run under
 * sanitizers, it says nothing unless something is wrong. */
#include <math.h>
#include <stdlib.h>

#include "core.h"
#include "storm.h"

enum { NOTES = 3000, PLAYED = 400 };

typedef struct {
    core_score_note note[NOTES];
    size_t n;
} notes;

/* Chords of ascending pitches, from single notes to one of everything, marked in every way. */
static void make_score(notes *score, uint32_t chord, uint32_t range)
{
    double beat = draw(2) ? -4.0 : 1e9 - 1e7;
    int32_t pitch = 0, starts_bar = 0;
    score->n = 1 + draw(draw(2) ? 20 : NOTES - 1);
    uint32_t bars = 1 + draw((uint32_t)score->n), bar = 0;
    for (size_t i = 0; i < score->n; i++) {
        int is_new = i == 0 || draw(chord) == 0;
        if (is_new) {
            beat += draw(1000) == 0 ? 1000.0 : 0.25 * (1 + draw(4));
            starts_bar = draw(4) == 0;
            bar = (bar + (uint32_t)starts_bar) % bars;
        }
        pitch = is_new ? (int32_t)draw(range) : pitch + (int32_t)draw(3);
        pitch = pitch > 127 ? 127 : pitch;
        int32_t marks = draw(4) ? 0 : (int32_t)draw(32) & ~CORE_STARTS_BAR;
        score->note[i] = (core_score_note){.onset_beat = beat,
                                           .end_beat = beat + draw(3) * draw(50),
                                           .pitch = pitch,
                                           .bar = (int32_t)bar,
                                           .upper = draw(2) ? (int32_t)draw(128) : -1,
                                           .lower = draw(2) ? (int32_t)draw(128) : -1,
                                           .marks = marks | starts_bar};
    }
}

static int is_time(double time_sec, double sigma_sec)
{
    return isnan(time_sec) ? isnan(sigma_sec) : isfinite(time_sec) && sigma_sec > 0.0;
}

static void check(const core_match *out, size_t n, int32_t played)
{
    expect(out->index >= -1 && out->index < (int32_t)n, "index is a score note or none");
    expect(out->ornament_of >= -1 && out->ornament_of < (int32_t)n, "so is the ornament's");
    expect(out->jump >= CORE_ONWARDS && out->jump <= CORE_REPEAT, "jumps are of the known kinds");
    expect(!(out->confidence < 0.0 || out->confidence > 1.0), "confidence is a probability");
    expect(out->alternative_count >= 0 && out->alternative_count <= 3, "three alternatives at most");
    expect(isfinite(out->position_beat) && out->tempo_bpm > 0.0, "position and tempo are known");
    expect(is_time(out->next_sec, out->next_sigma_sec), "the next moment has a time or none");
    expect(is_time(out->expected_sec, out->expected_sigma_sec), "the note had a time or none");
    expect(out->revision_count >= 0 && out->revision_count <= 3, "three revisions at most");
    for (int i = 0; i < out->revision_count; i++)
        expect(out->revised_note[i] < played && out->revised_note[i] >= played - 3 &&
                   out->revised_index[i] < (int32_t)n,
               "revisions are of the last three notes");
    expect(out->missed_count >= 0 && out->missed_count <= 64, "missed notes fit");
    for (int i = 0; i < out->missed_count; i++)
        expect(out->missed[i] >= 0 && out->missed[i] < (int32_t)n, "missed notes are the score's");
}

static double draw_wait(void)
{
    static const double waits[] = {0.0, 0.001, 0.1, 0.2, 0.3, 0.8, 3.0, -1.0, 1e6, 1e-300};
    return waits[draw(draw(10) ? 6 : 10)];
}

static void play(core_follower *follower, const notes *score)
{
    core_match out;
    size_t at = draw(4) ? 0 : draw((uint32_t)score->n);
    double clock = draw(2) ? 0.0 : 1e12 - 1e9;
    for (int32_t i = 0; i < PLAYED; i++) {
        int32_t pitch = draw(8) ? score->note[at].pitch : (int32_t)draw(128);
        clock += draw_wait();
        expect(core_follower_process(follower, pitch, clock, &out) == CORE_OK, "a note is taken");
        check(&out, score->n, i);
        core_prediction due;
        expect(core_follower_predict(follower, score->note[draw((uint32_t)score->n)].onset_beat,
                                     &due) == CORE_OK &&
                   is_time(due.time_sec, due.sigma_sec),
               "any note has a time or none");
        expect(core_follower_process(follower, 128, clock, &out) == CORE_ERR_RANGE, "128 is no key");
        expect(core_follower_process(follower, 60, NAN, &out) == CORE_ERR_RANGE, "NaN is no time");
        if (draw(6) == 0) {
            expect(core_follower_take_back(follower) == CORE_OK, "a note is taken back");
            expect(core_follower_take_back(follower) == CORE_ERR_RANGE, "once");
            expect(core_follower_process(follower, (int32_t)draw(128), clock, &out) == CORE_OK,
                   "and told again");
            check(&out, score->n, i);
        }
        if (draw(5) == 0) {
            expect(core_follower_advance(follower, clock + draw_wait(), &out) == CORE_OK,
                   "time passes");
            check(&out, score->n, i + 1);
        }
        at = draw(30) ? (at + 1) % score->n : draw((uint32_t)score->n);
    }
}

int main(void)
{
    static notes score;
    for (int round = 0; round < 150; round++) {
        make_score(&score, 1 + draw(round % 10 ? 4 : 200), 1 + draw(127));
        size_t size = core_follower_size(score.note, score.n);
        expect(size > 0, "a score has a size");
        core_follower *follower = malloc(size); /* exactly: the sanitizer guards both ends */
        expect(core_follower_init(follower, score.note, score.n) == CORE_OK, "a score is taken");
        play(follower, &score);
        core_follower_reset(follower);
        play(follower, &score);
        free(follower);
    }
    return 0;
}
