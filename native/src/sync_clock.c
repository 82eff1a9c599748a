/* Delays are never negative, so of the four timestamps of a ping the quickest ones of each direction
 * bound the offset best (Mills 1991, RFC 5905 section 8).  The minima of both directions are kept
 * apart, in buckets of a few seconds, and carried to now along the skew, a line fitted to all
 * buckets; what the skew may still be off is added to old minima, so that newer ones win in time.
 */
#include <math.h>

#include "core_sync.h"

enum { BUCKETS = 64 };

#define BUCKET_MS 4000.0
#define SKEW_SD 100e-6        /* of quartz oscillators, before anything is known */
#define SKEW_MOST 1e-3       /* more is no quartz, but somebody's joke */
#define PHASE_FLOOR_MS 0.1   /* of the offset in one bucket, at best: time stamps and queues */
#define HEARD_SIGMA_MS 2.0   /* of one whose time stamps only are heard */
#define UNKNOWN_DELAY_MS 10.0 /* one way, for who cannot be pinged: a home network */
#define SURE_PINGS 5         /* after so many, only lopsided ways are in doubt */
#define HEARD_DOUBT_MS 15.0
#define UNHEARD_DOUBT_MS 100.0
#define STEP_MS 250.0        /* a clock is taken to have been set when it is off by more ... */
#define STEP_COUNT 4         /* ... that often without a break */
#define SLOWEST_MS 50.0      /* of a way, above the usual one, that tells of the usual one */
#define LEAST_SHARE 0.1      /* of the newest ping in the usual way */

/* The quickest ways of a few seconds; a delay has the difference of the clocks in it. */
typedef struct {
    double number;
    double t_down, down; /* server time, and delay */
    double t_up, up;
} bucket;

struct core_sync_clock {
    core_sync_clock_told told;
    int32_t n_off; /* time stamps in a row that came far too late */
    int32_t first; /* of a ring */
    int32_t count;
    bucket buckets[BUCKETS];
};

size_t core_sync_clock_size(void)
{
    return sizeof(core_sync_clock);
}

void core_sync_clock_reset(core_sync_clock *self)
{
    self->told = (core_sync_clock_told){.skew_sd = SKEW_SD,
                                        .rtt_ms = INFINITY,
                                        .down_ms = UNKNOWN_DELAY_MS,
                                        .up_ms = UNKNOWN_DELAY_MS,
                                        .doubt_ms = UNHEARD_DOUBT_MS};
    self->n_off = self->first = self->count = 0;
}

void core_sync_clock_init(core_sync_clock *self)
{
    core_sync_clock_reset(self);
}

static double offset_at(const core_sync_clock *self, double server_ms)
{
    return self->told.offset_ms + self->told.skew * (server_ms - self->told.ref_ms);
}

double core_sync_clock_to_server(const core_sync_clock *self, double device_ms)
{
    const core_sync_clock_told *told = &self->told;
    return (device_ms - told->offset_ms + told->skew * told->ref_ms) / (1.0 + told->skew);
}

double core_sync_clock_to_device(const core_sync_clock *self, double server_ms)
{
    return server_ms + offset_at(self, server_ms);
}

const core_sync_clock_told *core_sync_clock_tell(const core_sync_clock *self)
{
    return &self->told;
}

static bucket *bucket_at(core_sync_clock *self, int32_t i)
{
    return &self->buckets[(uint32_t)(self->first + i) % BUCKETS];
}

static void put(core_sync_clock *self, bucket fresh)
{
    bucket *last = bucket_at(self, self->count + BUCKETS - 1);
    if (self->count == 0 || fresh.number > last->number) {
        if (self->count == BUCKETS)
            self->first = (self->first + 1) % BUCKETS;
        else
            self->count++;
        *bucket_at(self, self->count - 1) = fresh;
        return;
    }
    double skew = self->told.skew;
    int is_quicker_down = fresh.down - skew * (fresh.t_down - last->t_down) < last->down;
    int is_quicker_up = fresh.up + skew * (fresh.t_up - last->t_up) < last->up;
    if (self->told.n_pings == 0)
        is_quicker_down = is_quicker_up; /* they are of one time stamp */
    if (is_quicker_down)
        last->t_down = fresh.t_down, last->down = fresh.down;
    if (is_quicker_up)
        last->t_up = fresh.t_up, last->up = fresh.up;
}

/* Fit the skew over all buckets: weighted least squares with the prior skew ~ N(0, SKEW_SD). */
static void fit_skew(core_sync_clock *self, double now_ms)
{
    double rtt = INFINITY, n = 0, sum_t = 0, sum_y = 0, sum_tt = 0, sum_ty = 0;
    double first = 0.5 * (bucket_at(self, 0)->down - bucket_at(self, 0)->up);
    for (int32_t i = 0; i < self->count; i++) {
        double both = bucket_at(self, i)->down + bucket_at(self, i)->up;
        rtt = both < rtt ? both : rtt;
    }
    for (int32_t i = 0; i < self->count; i++) {
        const bucket *b = bucket_at(self, i);
        double sigma = self->told.n_pings ? PHASE_FLOOR_MS + 0.25 * (b->down + b->up - rtt)
                                          : HEARD_SIGMA_MS;
        double w = 1.0 / (sigma * sigma);
        double t = 0.5 * (b->t_down + b->t_up) - now_ms;
        double y = 0.5 * (b->down - b->up) - first;
        n += w;
        sum_t += w * t;
        sum_y += w * y;
        sum_tt += w * t * t;
        sum_ty += w * t * y;
    }
    double scatter = sum_tt - sum_t * sum_t / n; /* rounding may have it below 0 */
    double spread = (scatter > 0.0 ? scatter : 0.0) + 1.0 / (SKEW_SD * SKEW_SD);
    double skew = (sum_ty - sum_t * sum_y / n) / spread;
    skew = skew < -SKEW_MOST ? -SKEW_MOST : skew;
    self->told.skew = skew > SKEW_MOST ? SKEW_MOST : skew;
    self->told.skew_sd = sqrt(1.0 / spread);
}

/* Carry the minima of each direction to now. */
static void carry(core_sync_clock *self, double now_ms)
{
    double down = INFINITY, up = INFINITY, skew = self->told.skew, slack = self->told.skew_sd;
    for (int32_t i = 0; i < self->count; i++) {
        const bucket *b = bucket_at(self, i);
        double d = b->down + skew * (now_ms - b->t_down) + slack * (now_ms - b->t_down);
        double u = b->up - skew * (now_ms - b->t_up) + slack * (now_ms - b->t_up);
        down = d < down ? d : down;
        up = u < up ? u : up;
    }
    self->told.ref_ms = now_ms;
    self->told.offset_ms = 0.5 * (down - up);
    self->told.rtt_ms = down + up > 0.0 ? down + up : 0.0;
}

static double doubt_ms(const core_sync_clock_told *told)
{
    if (told->n_pings >= SURE_PINGS)
        return 0.0;
    return told->n_pings ? 0.25 * told->rtt_ms : HEARD_DOUBT_MS;
}

static void solve(core_sync_clock *self, double now_ms)
{
    fit_skew(self, now_ms);
    carry(self, now_ms);
    self->told.doubt_ms = doubt_ms(&self->told);
}

static int is_time(double ms)
{
    return fabs(ms) <= (double)CORE_SYNC_CLOCK_MS;
}

static double followed(double usual, double delay, double share)
{
    double most = usual + SLOWEST_MS;
    return usual + share * ((delay < most ? delay : most) - usual);
}

int core_sync_clock_ping(core_sync_clock *self, double t0_ms, double recv_ms, double send_ms,
                         double t1_ms)
{
    core_sync_clock_told *told = &self->told;
    if (!(is_time(t0_ms) && is_time(recv_ms) && is_time(send_ms) && is_time(t1_ms)))
        return CORE_ERR_RANGE;
    double down = recv_ms - t0_ms - offset_at(self, t0_ms);
    double up = t1_ms - send_ms + offset_at(self, t1_ms);
    if (told->n_pings == 0 || down < -STEP_MS || up < -STEP_MS) /* the clock was set */
        core_sync_clock_reset(self);
    told->n_pings += told->n_pings < INT32_MAX;
    put(self, (bucket){floor(t1_ms / BUCKET_MS), t0_ms, recv_ms - t0_ms, t1_ms, t1_ms - send_ms});
    solve(self, t1_ms);
    double share = 1.0 / told->n_pings > LEAST_SHARE ? 1.0 / told->n_pings : LEAST_SHARE;
    told->down_ms = followed(told->down_ms, recv_ms - t0_ms - offset_at(self, t0_ms), share);
    told->up_ms = followed(told->up_ms, t1_ms - send_ms + offset_at(self, t1_ms), share);
    return CORE_OK;
}

int core_sync_clock_hear(core_sync_clock *self, double device_ms, double arrival_ms)
{
    core_sync_clock_told *told = &self->told;
    if (!(is_time(device_ms) && is_time(arrival_ms)))
        return CORE_ERR_RANGE;
    if (told->n_pings)
        return CORE_OK;
    double up = arrival_ms - device_ms;
    if (told->n_heard) {
        double late = up + offset_at(self, arrival_ms) - UNKNOWN_DELAY_MS;
        self->n_off = late > STEP_MS ? self->n_off + 1 : 0;
        if (late < -STEP_MS || self->n_off >= STEP_COUNT)
            core_sync_clock_reset(self);
    }
    told->n_heard += told->n_heard < INT32_MAX;
    /* The way out is taken to be as long as the way back: nothing tells otherwise. */
    put(self, (bucket){floor(arrival_ms / BUCKET_MS), arrival_ms, 2.0 * UNKNOWN_DELAY_MS - up,
                       arrival_ms, up});
    solve(self, arrival_ms);
    return CORE_OK;
}
