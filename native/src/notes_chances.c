/* Chances of an onset, as they are seen now, and the onsets that they make. */
#include "notes.h"

#define STRUCK 0.5f   /* chance from which an onset is believed by itself, */
#define SPREAD 0.75f  /* or the share of one that the chances nearby sum to ... */
#define HINTED 0.15f  /* ... and from which it supports what the pitch says */
#define NEAR_HOPS 4   /* either way of an instant: chances of the same onset */
#define SPREAD_HOPS 3 /* hops after an instant until a spread onset is believed */

/* The instants told of are ends of hops; the newest is this one, in hops. */
int64_t segmenter_newest(const segmenter *self)
{
    return (int64_t)self->hops - ONSET_DELAY;
}

static float chance_at(const segmenter *self, int64_t instant)
{
    int64_t newest = segmenter_newest(self);
    if (instant < 0 || instant > newest || instant <= newest - CHANCES)
        return 0.0f;
    return self->chances[instant % CHANCES];
}

/* How much of an onset the chances about an instant make: a sharp one's are 0.5, 1 and 0.5, a soft
 * one's lie spread. */
static float share_about(const segmenter *self, int64_t instant)
{
    float sum = 0.0f;
    for (int64_t k = instant - NEAR_HOPS; k <= instant + NEAR_HOPS; k++)
        sum += chance_at(self, k);
    return 0.5f * sum;
}

/* Where about an instant the onset lies: the mean of the instants, by their chances. */
double segmenter_mean_sec(const segmenter *self, int64_t instant)
{
    double sum = 1e-9, moment = 0.0;
    for (int64_t k = -NEAR_HOPS; k <= NEAR_HOPS; k++) {
        double chance = chance_at(self, instant + k);
        sum += chance;
        moment += chance * (double)k;
    }
    return ((double)instant + moment / sum) * HOP_SEC;
}

/* The likeliest onset from one time to another; *sec is left where its chance is under HINTED. */
float segmenter_likeliest(const segmenter *self, double from_sec, double to_sec, double *sec)
{
    int64_t newest = segmenter_newest(self), best = -1;
    float chance = HINTED;
    for (int64_t k = newest; k >= 0 && k > newest - CHANCES; k--) {
        if ((double)k * HOP_SEC > to_sec || chance_at(self, k) < chance)
            continue;
        if ((double)k * HOP_SEC < from_sec)
            break;
        chance = chance_at(self, k);
        best = k;
    }
    if (best < 0)
        return 0.0f;
    *sec = segmenter_mean_sec(self, best);
    return chance;
}

/* Whether an onset is sure at an instant: its chance peaks high, or those about it make one. */
int segmenter_is_onset(const segmenter *self, int64_t instant)
{
    float chance = chance_at(self, instant);
    if (chance >= STRUCK && chance > chance_at(self, instant - 1)
        && chance >= chance_at(self, instant + 1))
        return 1;
    float share = share_about(self, instant);
    if (share < SPREAD || instant + SPREAD_HOPS > segmenter_newest(self))
        return 0;
    for (int64_t k = 1; k <= NEAR_HOPS; k++)
        if (share_about(self, instant - k) > share || share_about(self, instant + k) > share)
            return 0;
    return 1;
}
