/* The native core of listening rooms: where every client is beside its host, and what it needs.
 * A part of the contract told in core.h.
 *
 * Times are milliseconds of one server clock; positions are milliseconds of a track.  A skew is a
 * rate less 1: 0 of a player that runs true, -1 of one that stands still.
 */
#ifndef ETUDE_CORE_SYNC_H
#define ETUDE_CORE_SYNC_H

#include "core.h"

/* CFFI-BEGIN */

/* ---- tick of many rooms ---- */

#define CORE_SYNC_EXCELLENT 0 /* of the drift, either way: below 100 ms ... */
#define CORE_SYNC_GOOD 1      /* ... below 500 ... */
#define CORE_SYNC_FAIR 2      /* ... up to 1000, and that is still fair ... */
#define CORE_SYNC_POOR 3      /* ... above, or not known */

#define CORE_SYNC_CHANGED 1 /* the quality is another than the one last told */
#define CORE_SYNC_AFAR 2    /* the drift is outside the band: only a seek helps */
#define CORE_SYNC_NUDGE 4   /* the nudge wanted differs from the one in force by more than a step */

#define CORE_SYNC_FURTHEST_MS 1000000000 /* a drift beyond this is not known */

/* Rooms and their clients, each quantity in an array of its own.  The clients of room r are
 * first_client[r] .. first_client[r + 1] - 1.  All memory is the caller's.
 *   first_client    (n_rooms + 1,)  in   from 0, ascending, to n_clients
 *   host_anchor_ms  (n_rooms,)      in   where the host is at host_at_ms; NaN: not known
 *   host_at_ms      (n_rooms,)      in
 *   host_skew       (n_rooms,)      in
 *   anchor_ms       (n_clients,)    in   where the client is at at_ms; NaN: not known, or on
 *                                        another track
 *   at_ms           (n_clients,)    in
 *   skew            (n_clients,)    in
 *   offset_ms       (n_clients,)    in   how far ahead of the host it wishes to be
 *   trim            (n_clients,)    in   the nudge at which it keeps its distance from the host
 *   gain_per_ms     (n_clients,)    in   how much more for each millisecond of drift
 *   most_nudge      (n_clients,)    in   how far its rate may be off, either way, >= 0; 0: it
 *                                        has no control of its rate
 *   band_ms         (n_clients,)    in   the drift, either way, that nudges make good; NaN: any
 *   nudge           (n_clients,)    in   in force: its rate less 1, as last commanded
 *   told            (n_clients,)    in   the quality last told, CORE_SYNC_EXCELLENT .. POOR; any
 *                                        other value: none
 *   drift_ms        (n_clients,)    out  client less host less offset, ahead is positive; NaN:
 *                                        not known
 *   wanted          (n_clients,)    out  the nudge that it needs, within most_nudge; the one in
 *                                        force where the drift is not known
 *   quality         (n_clients,)    out  CORE_SYNC_EXCELLENT .. CORE_SYNC_POOR
 *   flags           (n_clients,)    out  sum of CORE_SYNC_CHANGED .. CORE_SYNC_NUDGE
 */
typedef struct {
    size_t n_rooms;
    size_t n_clients;
    const uint32_t *first_client;
    const double *host_anchor_ms;
    const double *host_at_ms;
    const double *host_skew;
    const double *anchor_ms;
    const double *at_ms;
    const float *skew;
    const float *offset_ms;
    const float *trim;
    const float *gain_per_ms;
    const float *most_nudge;
    const float *band_ms;
    const float *nudge;
    const uint8_t *told;
    float *drift_ms;
    float *wanted;
    uint8_t *quality;
    uint8_t *flags;
} core_sync_rooms;

/* Look at all clients of all rooms.
 *   rooms   in   any values; what is written to may not alias what is read
 *   now_ms  in   any value; NaN: nothing is known
 *   step    in   a nudge is worth a command if it changes by more than this; NaN: none is
 * Returns CORE_OK, or CORE_ERR_RANGE if first_client breaks its rule (nothing is written then).
 * The same bits on every machine.
 * Memory: caller's, and 1 KiB of stack.  Real-time: safe.  Threads: reentrant while what is
 * read is not written.
 */
int core_sync_tick(const core_sync_rooms *rooms, double now_ms, float step);

/* CFFI-END */

#endif
