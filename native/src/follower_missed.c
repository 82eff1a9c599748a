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

/* Whether the best hypothesis is of another pass than that of the note before. */
int follower_is_elsewhere(const core_follower *self)
{
    return self->now->pass != self->open.pass || self->now->entry != self->open.entry;
}

/* Where the player was when the best hypothesis' pass began, of so many notes now played. */
int32_t follower_reached_before(const core_follower *self, int32_t notes)
{
    int32_t ago = notes - self->now->pass;
    return self->reached[ago < ANSWERS ? ago : ANSWERS];
}

/* The first moment after those of the best hypothesis' last notes: what it took the notes before
 * them for is not known any more. */
static int32_t known_from(const core_follower *self)
{
    const score *s = &self->score;
    const token *best = self->now;
    int32_t first = best->moment;
    for (int i = 0; i < ANSWERS; i++) {
        int32_t note = best->answer[i];
        int32_t moment = note < 0 ? first : s->slot_moment[s->note_slot[note]];
        first = moment < first ? moment : first;
    }
    return first + 1;
}

/* A pass of a few notes may have been a mistake: what was left before stays to be told. */
static void follow_pass(core_follower *self)
{
    const token *best = self->now;
    if (!follower_is_elsewhere(self))
        return;
    sweep last = self->open;
    int is_back = self->left.pass == best->pass && self->left.entry == best->entry;
    self->open = (sweep){.pass = best->pass, .entry = best->entry, .next = best->entry};
    if (is_back)
        self->open.next = self->left.next;
    int32_t since = is_back ? last.pass : best->pass, next = known_from(self);
    if (self->played - since > ANSWERS && next > self->open.next)
        self->open.next = next;
    if (is_back)
        self->left = (sweep){.pass = NEVER};
    else if (best->pass - last.pass >= ANSWERS) {
        self->left = last;
        self->left.end = follower_reached_before(self, self->played) + 1;
    }
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
