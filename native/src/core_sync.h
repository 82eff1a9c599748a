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

/* ---- clock of a device ---- */

/* Maps the clock of one device to the server's, by what its pings and reports say. */
typedef struct core_sync_clock core_sync_clock;

/* What is known of a clock. */
typedef struct {
    double ref_ms;    /* server time that offset_ms refers to */
    double offset_ms; /* the device's clock less the server's then */
    double skew;      /* of the device's clock against the server's */
    double skew_sd;
    double rtt_ms;    /* the least way there and back; infinite: never pinged nor heard */
    double down_ms;   /* the usual way to the device ... */
    double up_ms;     /* ... and back */
    double doubt_ms;  /* how far off it may be for want of pings, but for lopsided ways */
    int32_t n_pings;
    int32_t n_heard;  /* time stamps, until the first ping */
} core_sync_clock_told;

/* Bytes of memory a clock needs.
 * Memory: none.  Real-time: safe.  Threads: reentrant.
 */
size_t core_sync_clock_size(void);

/* Make a clock of which nothing is known.
 *   self  out  core_sync_clock_size() bytes, aligned to 8
 * Memory: caller's.  Real-time: safe.  Threads: reentrant.
 */
void core_sync_clock_init(core_sync_clock *self);

/* Take in a ping.
 *   self     in/out
 *   t0_ms    in  when it was sent, by the server's clock
 *   recv_ms  in  when it was received, by the device's ...
 *   send_ms  in  ... and answered
 *   t1_ms    in  when the answer came, by the server's clock
 * Returns CORE_OK, or CORE_ERR_RANGE if an argument is beyond CORE_SYNC_CLOCK_MS either way or NaN
 * (self untouched).
 * Memory: none.  Real-time: safe, bounded work.  Threads: one at a time.
 */
int core_sync_clock_ping(core_sync_clock *self, double t0_ms, double recv_ms, double send_ms,
                         double t1_ms);

/* Take in a time stamp of a device that cannot be pinged, or was not yet; nothing changes after a
 * ping.
 *   self        in/out
 *   device_ms   in  by the device's clock
 *   arrival_ms  in  by the server's
 * Returns CORE_OK, or CORE_ERR_RANGE as core_sync_clock_ping() does.
 * Memory: none.  Real-time: safe, bounded work.  Threads: one at a time.
 */
int core_sync_clock_hear(core_sync_clock *self, double device_ms, double arrival_ms);

/* Server time of an instant of the device's clock, and the other way round; any number.
 * Memory: none.  Real-time: safe.  Threads: reentrant while self is not written.
 */
double core_sync_clock_to_server(const core_sync_clock *self, double device_ms);
double core_sync_clock_to_device(const core_sync_clock *self, double server_ms);

/* What is known; it lies in self, and changes with it.
 * Memory: none.  Real-time: safe.  Threads: reentrant while self is not written.
 */
const core_sync_clock_told *core_sync_clock_tell(const core_sync_clock *self);

/* Forget everything.
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
void core_sync_clock_reset(core_sync_clock *self);

#define CORE_SYNC_CLOCK_MS 1000000000000000 /* of any clock, either way */

/* ---- timeline of a player ---- */

/* Where a running player is: a line through the intervals that its reports say.  It is read where it
 * lies, in the caller's memory; but for rate, only the functions below write to it.  Milliseconds
 * are of the device's clock, or of the track; any number is taken.
 */
typedef struct {
    double rate;       /* that it was told to run at */
    double ref_ms;     /* where on the clock lo and hi are: the position is between them then */
    double lo;
    double hi;
    double skew_lo;    /* of the player's clock against the device's: between these */
    double skew_hi;
    double ran_ms;     /* by the rates alone, since the line began */
    double sharp_ran_ms; /* where in that its beginning is known best, ... */
    double sharp_lo;   /* ... and where it was then */
    double sharp_hi;
    int64_t n_reports; /* of this line; 0: there is none */
} core_sync_timeline;

/* Make a timeline without a line.
 *   self  out
 * Memory: caller's.  Real-time: safe.  Threads: reentrant.
 */
void core_sync_timeline_init(core_sync_timeline *self);

/* Begin a new line with a report: the player ran then, and runs on.
 *   self           in/out
 *   asked_ms       in  when the player was asked ...
 *   answered_ms    in  ... and answered
 *   position_ms    in  what it said
 *   resolution_ms  in  how much it may have been rounded down, or be old
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
void core_sync_timeline_restart(core_sync_timeline *self, double asked_ms, double answered_ms,
                                double position_ms, double resolution_ms);

/* Take in a report of the running player; arguments as for core_sync_timeline_restart().
 * Returns 0 where it fits the line; else how far the player jumped, in milliseconds: the line is
 * begun anew.
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
double core_sync_timeline_report(core_sync_timeline *self, double asked_ms, double answered_ms,
                                 double position_ms, double resolution_ms);

/* Take in what is known otherwise of where the player is at ref_ms, unless reports deny it.
 *   self    in/out
 *   lo, hi  in      between these
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
void core_sync_timeline_narrow(core_sync_timeline *self, double lo, double hi);

/* The player runs at another rate from an instant on.
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
void core_sync_timeline_set_rate(core_sync_timeline *self, double device_ms, double rate);

/* Move the reference to another instant.
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
void core_sync_timeline_carry(core_sync_timeline *self, double device_ms);

/* Position at an instant.
 * Memory: none.  Real-time: safe.  Threads: reentrant while self is not written.
 */
double core_sync_timeline_at(const core_sync_timeline *self, double device_ms);

/* The player may be as much further back as that.
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
void core_sync_timeline_loosen(core_sync_timeline *self, double behind_ms);

/* Forget the line, but not the player's skew.
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
void core_sync_timeline_forget(core_sync_timeline *self);

/* Forget the line and the player's skew.
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
void core_sync_timeline_reset(core_sync_timeline *self);

/* CFFI-END */

#endif
