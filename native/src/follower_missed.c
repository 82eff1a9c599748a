/* Which written notes the player passed over: told once, when they can no longer be awaited. */
#include "follower.h"
#include "follower_model.h"

/* Tells the moment's unplayed notes; 0 when there is no room for them. */
static int tell(core_follower *self, const sweep *pass, int32_t moment, core_match *out)
{
    const score *s = &self->score;
    for (int32_t slot = s->first_slot[moment]; slot < s->first_slot[moment + 1]; slot++) {
        if (self->played_at[slot] >= pass->pass || self->missed_at[slot] > pass->pass)
            continue;
        int32_t notes = s->slot_note[slot + 1] - s->slot_note[slot];
        if (out->missed_count > 0 && out->missed_count + notes > MISSED)
            return 0;
        for (int32_t i = 0; i < notes && i < MISSED; i++)
            out->missed[out->missed_count++] = s->slot_note[slot] + i;
        self->missed_at[slot] = self->played + 1;
    }
    return 1;
}

/* Passed for three notes, or so long ago that no late note is awaited. */
static int is_settled(const core_follower *self, int32_t moment)
{
    const token *best = &self->now[0];
    int32_t back = best->moment - moment;
    if (back < 0)
        return 0;
    if (back > 0 && moment < self->reached[ANSWERS - 1])
        return 1;
    double wait = LATE_SEC;
    if (back == 0 && moment + 1 < self->score.moments)
        wait += (self->score.onset_beat[moment + 1] - self->score.onset_beat[moment]) *
                best->spb;
    return self->now_sec - best->onset_sec[back < TRAIL ? back : TRAIL - 1] > wait;
}

static void follow_pass(core_follower *self)
{
    const token *best = &self->now[0];
    if (best->pass == self->open.pass)
        return;
    sweep last = self->open;
    last.end = self->reached[1] + 1;
    int32_t next = best->moment - SWEPT > best->entry ? best->moment - SWEPT : best->entry;
    if (self->left.pass == best->pass)
        self->open = self->left;
    else
        self->open = (sweep){best->pass, next, 0};
    self->left = last;
}

void follower_missed(core_follower *self, core_match *out)
{
    follow_pass(self);
    if (self->played - self->open.pass >= ANSWERS)
        while (self->left.next < self->left.end && tell(self, &self->left, self->left.next, out))
            self->left.next++;
    while (is_settled(self, self->open.next) && tell(self, &self->open, self->open.next, out))
        self->open.next++;
}
