/* How sure the answer is, and what else it may be: the hypotheses' probabilities, summed by what
 * they say of the last note. */
#include "exact_math.h"
#include "follower.h"
#include "follower_model.h"

enum { ALTERNATIVES = 3 };

typedef struct {
    int32_t index;
    double share;
} opinion;

static int32_t gather(const core_follower *self, opinion *opinions)
{
    int32_t count = 0;
    for (int32_t i = 0; i < self->count; i++) {
        const token *t = &self->now[i];
        int32_t at = 0;
        if (t->cost > DOUBT_COST)
            continue;
        while (at < count && opinions[at].index != t->answer[0])
            at++;
        if (at == count)
            opinions[count++] = (opinion){t->answer[0], 0.0};
        opinions[at].share += exact_exp(-t->cost);
    }
    return count;
}

/* The best hypothesis is the first: the first opinion is the answer. */
void follower_belief(const core_follower *self, core_match *out)
{
    opinion opinions[BEAM];
    int32_t count = gather(self, opinions);
    double sum = 0.0;
    for (int32_t i = 0; i < count; i++)
        sum += opinions[i].share;
    out->confidence = opinions[0].share / sum;
    for (out->alternative_count = 0; out->alternative_count < ALTERNATIVES;) {
        int32_t best = 0;
        for (int32_t i = 1; i < count; i++)
            if (opinions[i].share > 0.0 && (!best || opinions[i].share > opinions[best].share))
                best = i;
        if (!best || opinions[best].share < WORTH_TELLING * sum)
            return;
        out->alternative[out->alternative_count] = opinions[best].index;
        out->alternative_confidence[out->alternative_count++] = opinions[best].share / sum;
        opinions[best].share = 0.0;
    }
}
