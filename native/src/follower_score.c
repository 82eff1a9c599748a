/* The score as moments, and the index from two pitches in a row to the moments they lead to. */
#include <string.h>

#include "exact_math.h"
#include "follower.h"
#include "follower_model.h"

static int is_pitch(int32_t pitch)
{
    return pitch >= 0 && pitch < PITCHES;
}

static int is_valid_note(const core_score_note *note, size_t n)
{
    return is_pitch(note->pitch) && fabs(note->onset_beat) <= CORE_FOLLOWER_BEATS &&
           !isnan(note->end_beat) && note->bar >= 0 && (size_t)note->bar < n &&
           (note->upper == -1 || is_pitch(note->upper)) &&
           (note->lower == -1 || is_pitch(note->lower));
}

static int is_valid(const core_score_note *notes, size_t n)
{
    if (n < 1 || n > CORE_FOLLOWER_NOTES)
        return 0;
    for (size_t i = 0; i < n; i++) {
        const core_score_note *note = &notes[i], *last = i > 0 ? note - 1 : note;
        int is_same_onset = note->onset_beat == last->onset_beat;
        if (!is_valid_note(note, n) || note->onset_beat < last->onset_beat ||
            (is_same_onset && note->pitch < last->pitch))
            return 0;
    }
    return 1;
}

static size_t count_bits(const uint64_t *set)
{
    return (size_t)(__builtin_popcountll(set[0]) + __builtin_popcountll(set[1]));
}

static void add_bit(uint64_t *set, int32_t pitch)
{
    set[pitch >> 6] |= 1ULL << (pitch & 63);
}

/* Room that suffices for the pairs, and the number of different pitches. */
static size_t bound_pairs(const core_score_note *notes, size_t n, size_t *used)
{
    uint64_t all[2] = {0, 0}, last[2] = {0, 0}, here[2] = {0, 0};
    size_t pairs = 0;
    for (size_t i = 0; i < n; i++) {
        add_bit(all, notes[i].pitch);
        add_bit(here, notes[i].pitch);
        if (i + 1 < n && notes[i + 1].onset_beat == notes[i].onset_beat)
            continue;
        uint64_t both[2] = {last[0] | here[0], last[1] | here[1]};
        size_t partners = count_bits(both);
        pairs += count_bits(here) * (partners < PARTNERS ? partners : PARTNERS);
        memcpy(last, here, sizeof last);
        memset(here, 0, sizeof here);
    }
    *used = count_bits(all);
    return pairs;
}

/* How much of everything there is, at most. */
typedef struct {
    size_t notes, pitches, pairs, ornaments;
} extent;

static extent measure(const core_score_note *notes, size_t n)
{
    extent e = {.notes = n, .ornaments = follower_count_ornaments(notes, n)};
    e.pairs = bound_pairs(notes, n, &e.pitches);
    return e;
}

static void *take(char *memory, size_t *at, size_t bytes)
{
    void *here = memory ? memory + *at : NULL;
    *at += (bytes + 7) / 8 * 8;
    return here;
}

/* Lays the arrays out in memory, if any; returns the bytes they take. */
static size_t lay_out(score *self, char *memory, extent e)
{
    size_t at = 0, n = e.notes;
    self->onset_beat = take(memory, &at, 8 * n);
    self->pitches = take(memory, &at, 16 * n);
    self->allowed = take(memory, &at, 16 * n);
    self->graces = take(memory, &at, 8 * n);
    self->ornament = take(memory, &at, sizeof(ornament) * e.ornaments);
    self->ornaments_to = take(memory, &at, 4 * n);
    self->first_slot = take(memory, &at, 4 * (n + 1));
    self->bar = take(memory, &at, 4 * n);
    self->bar_moment = take(memory, &at, 4 * n);
    self->bar_twin = take(memory, &at, 4 * n);
    self->slot_note = take(memory, &at, 4 * (n + 1));
    self->slot_moment = take(memory, &at, 4 * n);
    self->note_slot = take(memory, &at, 4 * n);
    self->pair_start = take(memory, &at, 4 * (e.pitches * e.pitches + 1));
    self->pair_moment = take(memory, &at, 4 * e.pairs);
    self->slot_pitch = take(memory, &at, n);
    self->marks = take(memory, &at, n);
    return at;
}

size_t follower_score_size(const core_score_note *notes, size_t n)
{
    if (!is_valid(notes, n))
        return 0;
    score unused;
    return lay_out(&unused, NULL, measure(notes, n));
}

static void open_moment(score *self, double onset_beat, int starts_bar, int32_t slot)
{
    int32_t moment = self->moments++;
    self->onset_beat[moment] = onset_beat;
    self->first_slot[moment] = slot;
    self->pitches[2 * moment] = self->pitches[2 * moment + 1] = self->graces[moment] = 0;
    self->allowed[2 * moment] = self->allowed[2 * moment + 1] = 0;
    self->marks[moment] = 0;
    if (moment == 0 || starts_bar)
        self->bar_moment[self->bars++] = moment;
    self->bar[moment] = self->bars - 1;
}

static int is_unison(const core_score_note *note)
{
    return note->onset_beat == note[-1].onset_beat && note->pitch == note[-1].pitch &&
           !((note->marks | note[-1].marks) & CORE_GRACE);
}

static void add_moments(score *self, const core_score_note *notes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const core_score_note *note = &notes[i];
        int is_new = i == 0 || note->onset_beat != note[-1].onset_beat;
        self->note_slot[i] = self->slots - 1;
        if (i > 0 && is_unison(note))
            continue;
        int is_full = i > 0 && self->slots - self->first_slot[self->moments - 1] == CHORD;
        if (is_new || is_full)
            open_moment(self, note->onset_beat, is_new && note->marks & CORE_STARTS_BAR,
                        self->slots);
        int32_t moment = self->moments - 1, slot = self->slots++;
        uint64_t bit = 1ULL << (slot - self->first_slot[moment]);
        self->note_slot[i] = slot;
        self->slot_note[slot] = (int32_t)i;
        self->slot_moment[slot] = moment;
        self->slot_pitch[slot] = (uint8_t)note->pitch;
        self->graces[moment] |= note->marks & CORE_GRACE ? bit : 0;
        self->marks[moment] |= note->marks & (CORE_ROLLED | CORE_FERMATA);
        add_bit(&self->pitches[2 * moment], note->pitch);
    }
    self->first_slot[self->moments] = self->slots;
    self->slot_note[self->slots] = (int32_t)n;
}

/* Until the player shows it, notes are taken to follow each other FIRST_IOI_SEC apart. */
static double guess_log_spb(const score *self)
{
    double sum = 0.0;
    int32_t count = 0;
    for (int32_t m = 1; m < self->moments; m++) {
        double beats = self->onset_beat[m] - self->onset_beat[m - 1];
        if (beats > SHORTEST) {
            sum += exact_log(beats);
            count++;
        }
    }
    return exact_log(FIRST_IOI_SEC) - (count ? sum / count : 0.0);
}

static void rank_pitches(score *self)
{
    memset(self->rank, -1, sizeof self->rank);
    for (int32_t slot = 0; slot < self->slots; slot++)
        self->rank[self->slot_pitch[slot]] = 0;
    for (int pitch = 0; pitch < PITCHES; pitch++)
        if (self->rank[pitch] == 0)
            self->rank[pitch] = (int16_t)self->pitches_used++;
}

/* Counts, or stores, the pairs that lead to a moment: from its own pitches and from those of the
 * one before, the lowest PARTNERS. */
static void walk_pairs(score *self, int32_t moment, int is_storing)
{
    int32_t first = self->first_slot[moment], end = self->first_slot[moment + 1];
    int partners = 0;
    for (int32_t q = 0; q < PITCHES && partners < PARTNERS; q++) {
        int is_before = moment > 0 && follower_has(self, moment - 1, q);
        if (!is_before && !follower_has(self, moment, q))
            continue;
        partners++;
        for (int32_t s = first; s < end; s++) {
            int32_t p = self->slot_pitch[s];
            if ((p == q && !is_before) || (s > first && self->slot_pitch[s - 1] == p))
                continue;
            int32_t *at = &self->pair_start[self->rank[q] * self->pitches_used + self->rank[p]];
            if (is_storing)
                self->pair_moment[at[0]++] = moment;
            else
                at[1]++;
        }
    }
}

/* Counting sort: sizes, starts, then the moments of each pair in ascending order. */
static void index_pairs(score *self)
{
    int32_t keys = self->pitches_used * self->pitches_used;
    memset(self->pair_start, 0, 4 * ((size_t)keys + 1));
    for (int32_t m = 0; m < self->moments; m++)
        walk_pairs(self, m, 0);
    for (int32_t k = 0; k < keys; k++)
        self->pair_start[k + 1] += self->pair_start[k];
    for (int32_t m = 0; m < self->moments; m++)
        walk_pairs(self, m, 1);
    for (int32_t k = keys; k > 0; k--)
        self->pair_start[k] = self->pair_start[k - 1];
    self->pair_start[0] = 0;
}

void follower_score_init(score *self, void *memory, const core_score_note *notes, size_t n)
{
    memset(self, 0, sizeof *self);
    lay_out(self, memory, measure(notes, n));
    add_moments(self, notes, n);
    follower_link_bars(self, notes, self->ornaments_to); /* not in use yet */
    follower_ornament_init(self, notes, n);
    self->first_log_spb = guess_log_spb(self);
    rank_pitches(self);
    index_pairs(self);
}
