/* The tick of many rooms: block by block, and in each block one quantity after the other, so that
 * vectors hold clients.  A loop does one kind of arithmetic: mixed ones are not made vectors of.
 */
#include <math.h>
#include <string.h>

#include "core_sync.h"
#include "dsp.h"

enum { BLOCK = 64 }; /* clients; all that a block computes stays in the nearest cache */

#define EXCELLENT_MS 100.0f
#define GOOD_MS 500.0f
#define FAIR_MS 1000.0f

/* Choices between numbers are made by their bits: comparisons of NaN may trap, and what may trap is
 * not made vectors of. */
DSP_INLINE int32_t bits_of(float x)
{
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

DSP_INLINE float float_of(int32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Of the value; those of NaN are above those of infinity, and the others in their order. */
DSP_INLINE int32_t size_bits(float x)
{
    return bits_of(x) & INT32_MAX;
}

static double position_ms(double anchor_ms, double at_ms, double skew, double now_ms)
{
    return anchor_ms + (1.0 + skew) * (now_ms - at_ms);
}

/* Where the host of each of n clients is; room is that of the first of them, then of the next. */
static void spread_hosts(const core_sync_rooms *rooms, double now_ms, size_t first, size_t n,
                         size_t *room, double *host_ms)
{
    for (size_t at = first, end = first + n; at < end; ++*room) {
        size_t r = *room, last = rooms->first_client[r + 1], stop = last < end ? last : end;
        double there_ms = position_ms(rooms->host_anchor_ms[r], rooms->host_at_ms[r],
                                      rooms->host_skew[r], now_ms);
        for (; at < stop; at++)
            host_ms[at - first] = there_ms;
        if (last > end)
            return; /* the next ones are in this room, too */
    }
}

DSP_INLINE void find_drifts(const core_sync_rooms *rooms, double now_ms, size_t first, size_t n,
                            const double *host_ms, float *drift_ms)
{
    const double *anchor_ms = rooms->anchor_ms + first, *at_ms = rooms->at_ms + first;
    const float *skew = rooms->skew + first, *offset_ms = rooms->offset_ms + first;
    int32_t furthest = bits_of(CORE_SYNC_FURTHEST_MS), nan = bits_of(NAN);
    for (size_t k = 0; k < n; k++) {
        double there_ms = anchor_ms[k] + (1.0 + (double)skew[k]) * (now_ms - at_ms[k]);
        double apart_ms = there_ms - host_ms[k] - (double)offset_ms[k];
        float x = (float)apart_ms;
        drift_ms[k] = float_of(size_bits(x) > furthest ? nan : bits_of(x));
    }
}

DSP_INLINE void find_nudges(const core_sync_rooms *rooms, size_t first, size_t n,
                            const float *drift_ms, float *wanted)
{
    const float *trim = rooms->trim + first, *gain_per_ms = rooms->gain_per_ms + first;
    const float *most = rooms->most_nudge + first, *nudge = rooms->nudge + first;
    int32_t infinite = bits_of(INFINITY);
    for (size_t k = 0; k < n; k++) {
        float sought = trim[k] - gain_per_ms[k] * drift_ms[k];
        int32_t kept = bits_of(nudge[k]), room = size_bits(most[k]);
        int32_t bits = size_bits(sought) > infinite ? kept : bits_of(sought);
        int32_t size = bits & INT32_MAX;
        wanted[k] = float_of((bits & INT32_MIN) | (size < room ? size : room));
    }
}

DSP_INLINE void judge_drifts(const core_sync_rooms *rooms, float step, size_t first, size_t n,
                             const float *drift_ms, const float *wanted, int32_t *quality,
                             int32_t *flags)
{
    const float *band_ms = rooms->band_ms + first, *nudge = rooms->nudge + first;
    for (size_t k = 0; k < n; k++) {
        float off_ms = fabsf(drift_ms[k]);
        /* Not below is not the same as above: NaN is poor. */
        quality[k] = !(off_ms < EXCELLENT_MS) + !(off_ms < GOOD_MS) + !(off_ms <= FAIR_MS);
        flags[k] = (off_ms > band_ms[k] ? CORE_SYNC_AFAR : 0) |
                   (fabsf(wanted[k] - nudge[k]) > step ? CORE_SYNC_NUDGE : 0);
    }
}

DSP_INLINE void write_bytes(const core_sync_rooms *rooms, size_t first, size_t n,
                            const int32_t *quality, const int32_t *flags)
{
    const uint8_t *told = rooms->told + first;
    uint8_t *quality_out = rooms->quality + first, *flags_out = rooms->flags + first;
    for (size_t k = 0; k < n; k++)
        quality_out[k] = (uint8_t)quality[k];
    for (size_t k = 0; k < n; k++) {
        uint8_t is_changed = told[k] != quality_out[k] ? CORE_SYNC_CHANGED : 0;
        flags_out[k] = (uint8_t)flags[k] | is_changed;
    }
}

DSP_CLONES static void tick_block(const core_sync_rooms *rooms, double now_ms, float step,
                                  size_t first, size_t n, const double *host_ms)
{
    int32_t quality[BLOCK], flags[BLOCK];
    float *drift_ms = rooms->drift_ms + first, *wanted = rooms->wanted + first;
    find_drifts(rooms, now_ms, first, n, host_ms, drift_ms);
    find_nudges(rooms, first, n, drift_ms, wanted);
    judge_drifts(rooms, step, first, n, drift_ms, wanted, quality, flags);
    write_bytes(rooms, first, n, quality, flags);
}

static int is_in_order(const core_sync_rooms *rooms)
{
    const uint32_t *first_client = rooms->first_client;
    int falls = 0;
    for (size_t r = 0; r < rooms->n_rooms; r++)
        falls |= first_client[r] > first_client[r + 1];
    return !falls && first_client[0] == 0 && first_client[rooms->n_rooms] == rooms->n_clients;
}

int core_sync_tick(const core_sync_rooms *rooms, double now_ms, float step)
{
    double host_ms[BLOCK];
    if (!is_in_order(rooms))
        return CORE_ERR_RANGE;
    for (size_t first = 0, n, room = 0; first < rooms->n_clients; first += n) {
        n = rooms->n_clients - first < BLOCK ? rooms->n_clients - first : BLOCK;
        spread_hosts(rooms, now_ms, first, n, &room, host_ms);
        tick_block(rooms, now_ms, step, first, n, host_ms);
    }
    return CORE_OK;
}
