/* Ornaments: notes the score only hints at. */
#include "follower.h"

enum { SOUNDING = 32 }; /* ornaments looked back for the one that a note belongs to */

size_t follower_count_ornaments(const core_score_note *notes, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += (notes[i].marks & CORE_ORNAMENT) != 0;
    return count;
}

static int has_pitch(const ornament *o, int32_t pitch)
{
    return pitch == o->pitch || pitch == o->upper || pitch == o->lower;
}

static void extend(double *until_beat, int32_t pitch, double end_beat)
{
    if (pitch >= 0 && end_beat > until_beat[pitch])
        until_beat[pitch] = end_beat;
}

/* Each moment's ornaments, then the pitches that sound there in one begun by then. */
void follower_ornament_init(score *self, const core_score_note *notes, size_t n)
{
    double until_beat[PITCHES];
    for (int pitch = 0; pitch < PITCHES; pitch++)
        until_beat[pitch] = self->onset_beat[0];
    for (int32_t m = 0; m < self->moments; m++) {
        int32_t end = m + 1 < self->moments ? self->slot_note[self->first_slot[m + 1]] : (int32_t)n;
        for (int32_t i = self->slot_note[self->first_slot[m]]; i < end; i++) {
            const core_score_note *note = &notes[i];
            if (!(note->marks & CORE_ORNAMENT))
                continue;
            self->ornament[self->ornaments++] = (ornament){
                note->end_beat, i, m, note->pitch, note->upper, note->lower};
            extend(until_beat, note->pitch, note->end_beat);
            extend(until_beat, note->upper, note->end_beat);
            extend(until_beat, note->lower, note->end_beat);
        }
        self->ornaments_to[m] = self->ornaments;
        uint64_t *allowed = &self->allowed[2 * m];
        for (int pitch = 0; pitch < PITCHES; pitch++)
            allowed[pitch >> 6] |= (uint64_t)(until_beat[pitch] > self->onset_beat[m])
                                   << (pitch & 63);
    }
}

/* Sounding at the moment, -1 being before the first, or begun a little before the next. */
int follower_is_allowed(const score *self, int32_t moment, int32_t pitch)
{
    uint64_t set = moment < 0 ? 0 : self->allowed[2 * moment + (pitch >> 6)];
    if (moment + 1 < self->moments)
        set |= self->allowed[2 * (moment + 1) + (pitch >> 6)];
    return (int)(set >> (pitch & 63) & 1);
}

int32_t follower_ornament_of(const score *self, int32_t moment, int32_t pitch)
{
    int32_t last = self->ornaments_to[moment + 1 < self->moments ? moment + 1 : moment];
    for (int32_t i = last - 1; i >= 0 && i >= last - SOUNDING; i--) {
        const ornament *o = &self->ornament[i];
        if (has_pitch(o, pitch) && (o->moment > moment || o->end_beat > self->onset_beat[moment]))
            return o->note;
    }
    return -1;
}
