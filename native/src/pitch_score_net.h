/* The net of the bins' scores, over LANES bins side by side: included once for each width of vector,
 * with LANES and LANES_TARGET, the attribute of the machines that have it.
 *
 * A sum is made in one order whatever the width, so that all give the same bits.
 */
#define LANES_PASTE(name, n) name##_##n
#define LANES_NAME(name, n) LANES_PASTE(name, n)
#define FOR_LANES(name) LANES_NAME(name, LANES)

#define lanes FOR_LANES(lanes)
#define marks FOR_LANES(marks)
#define loose_lanes FOR_LANES(loose_lanes)
#define begin FOR_LANES(begin)
#define spread FOR_LANES(spread)
#define rectify FOR_LANES(rectify)
#define look_at_all FOR_LANES(look_at_all)
#define compare_kin FOR_LANES(compare_kin)
#define look FOR_LANES(look)

typedef float lanes __attribute__((vector_size(4 * LANES)));
typedef int32_t marks __attribute__((vector_size(4 * LANES)));
typedef float loose_lanes __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

static inline LANES_TARGET void begin(lanes *sum, const float *bias, int n)
{
    for (int h = 0; h < n; h++)
        sum[h] = (lanes){0} + bias[h];
}

/* sum += x w, for the weights of one input to n values. */
static inline LANES_TARGET void spread(lanes *sum, lanes x, const float *w, int n)
{
#pragma GCC unroll 8
    for (int h = 0; h < n; h++)
        sum[h] += x * w[h];
}

/* max(x, 0): what is above 0 is masked by all ones, the rest by none. */
static inline LANES_TARGET void rectify(lanes *x, int n)
{
    for (int h = 0; h < n; h++) {
        marks above = x[h] > (lanes){0};
        x[h] = (lanes)((marks)x[h] & above);
    }
}

/* A part of the first layer, at so many bins from one on, held in registers. */
static inline LANES_TARGET void look(const core_pitch *self, int bin, const float *bias,
                                     const float *w, lanes *hidden)
{
    lanes sum[PART];
    begin(sum, bias, PART);
    for (int row = 0; row < ROWS; row++) {
        const float *map = self->rows[row] + PAD + bin;
        const int8_t *taps = row < WINDOWS ? LAG_TAP : LINE_TAP;
        int n = row < WINDOWS ? LAG_TAPS : LINE_TAPS;
        for (int tap = 0; tap < n; tap++, w += HIDDEN)
            spread(sum, *(const loose_lanes *)(map + taps[tap]), w, PART);
    }
    for (int place = 0; place < PLACES; place++, w += HIDDEN)
        spread(sum, *(const loose_lanes *)(self->places[place] + bin), w, PART);
#pragma GCC unroll 8
    for (int h = 0; h < PART; h++)
        hidden[h] = sum[h];
}

/* The first two layers, of all bins; returns the weights of what follows. */
static inline LANES_TARGET const float *look_at_all(const core_pitch *self, const float *bias,
                                                    const float *taps, middle out)
{
    const float *w = taps + (TAPS + PLACES) * HIDDEN;
    lanes hidden[HIDDEN], second[SECOND];
    for (int bin = 0; bin < BINS; bin += LANES) {
        for (int h = 0; h < HIDDEN; h += PART)
            look(self, bin, bias + h, taps + h, hidden + h);
        rectify(hidden, HIDDEN);
        begin(second, w, SECOND);
        for (int h = 0; h < HIDDEN; h++)
            spread(second, hidden[h], w + (1 + h) * SECOND, SECOND);
        rectify(second, SECOND);
        for (int k = 0; k < SECOND; k++)
            *(loose_lanes *)(out[k] + FURTHEST + bin) = second[k];
    }
    for (int k = 0; k < SECOND; k++) {
        memset(out[k], 0, FURTHEST * sizeof **out);
        memset(out[k] + FURTHEST + BINS, 0, (ROUNDED - BINS + FURTHEST) * sizeof **out);
    }
    return w + (1 + HIDDEN) * SECOND;
}

/* The last two layers, of all bins. */
static inline LANES_TARGET void compare_kin(const middle seen, const float *w, float *scores)
{
    const float *last = w + (1 + KIN_TAPS * SECOND) * THIRD;
    lanes third[THIRD];
    for (int bin = 0; bin < BINS; bin += LANES) {
        const float *from = w + THIRD;
        begin(third, w, THIRD);
        for (int tap = 0; tap < KIN_TAPS; tap++)
            for (int k = 0; k < SECOND; k++, from += THIRD)
                spread(third, *(const loose_lanes *)(seen[k] + FURTHEST + bin + KIN_TAP[tap]), from,
                       THIRD);
        rectify(third, THIRD);
        lanes sum = {0};
        for (int k = 0; k < THIRD; k++)
            sum += third[k] * last[k];
        *(loose_lanes *)(scores + bin) = sum;
    }
}

LANES_TARGET static void FOR_LANES(score)(const core_pitch *self, const float *bias,
                                          const float *taps, float *scores)
{
    middle seen;
    compare_kin(seen, look_at_all(self, bias, taps, seen), scores);
}

#undef lanes
#undef marks
#undef loose_lanes
#undef begin
#undef spread
#undef rectify
#undef look_at_all
#undef compare_kin
#undef look
#undef FOR_LANES
#undef LANES_NAME
#undef LANES_PASTE
#undef LANES
#undef LANES_TARGET
