/* Repeats and endings, taken or not: at the end of a bar the player may go on as from the same
 * written bar in any other pass. */
#include "follower.h"
#include "follower_model.h"

/* Links the passes of each written bar in a circle, the last one with each number kept aside. */
void follower_link_bars(score *self, const core_score_note *notes, int32_t *last_with)
{
    for (int32_t bar = 0; bar < self->bars; bar++)
        last_with[notes[self->slot_note[self->first_slot[self->bar_moment[bar]]]].bar] = -1;
    for (int32_t bar = 0; bar < self->bars; bar++) {
        int32_t number = notes[self->slot_note[self->first_slot[self->bar_moment[bar]]]].bar;
        int32_t before = last_with[number];
        self->bar_twin[bar] = before < 0 ? bar : self->bar_twin[before];
        if (before >= 0)
            self->bar_twin[before] = bar;
        last_with[number] = bar;
    }
}

/* The first note after the turn. */
static void propose_turn(core_follower *self, int parent, int32_t twin, int32_t pitch,
                         double left_out, double now)
{
    const score *s = &self->score;
    const token *t = &self->now[parent];
    int32_t from = s->bar_moment[s->bar[t->moment]], moment = s->bar_moment[twin + 1];
    int slot = follower_free_slot(s, moment, pitch, 0);
    if (slot < 0)
        return;
    double bar_beat = s->onset_beat[moment] - s->onset_beat[s->bar_moment[twin]];
    double into_beat = s->onset_beat[t->moment] - s->onset_beat[from];
    candidate turn = {.cost = t->cost + left_out + REPEAT_COST,
                      .gap_beat = bar_beat > into_beat ? bar_beat - into_beat : 0.0,
                      .played = 1ULL << slot,
                      .moment = moment,
                      .parent = (int16_t)parent,
                      .slot = (int8_t)slot,
                      .action = TURN};
    arrival a = follower_arrival(s, t, &turn, now);
    turn.cost += follower_timing_cost(t, &a);
    follower_propose(self, turn);
}

void follower_propose_repeats(core_follower *self, int parent, int32_t pitch, double now)
{
    const score *s = &self->score;
    const token *t = &self->now[parent];
    int32_t bar = s->bar[t->moment], twin = s->bar_twin[bar];
    if (twin == bar)
        return;
    int32_t end = bar + 1 < s->bars ? s->bar_moment[bar + 1] : s->moments;
    if (end - t->moment > AHEAD)
        return;
    double left_out = follower_miss_cost(t, follower_unplayed(s, t, 0));
    for (int32_t m = t->moment + 1; m < end; m++)
        left_out += follower_miss_cost(t, follower_size(s, m));
    for (int passes = 0; twin != bar && passes < PASSES; passes++, twin = s->bar_twin[twin])
        if (twin + 1 < s->bars)
            propose_turn(self, parent, twin, pitch, left_out, now);
}
