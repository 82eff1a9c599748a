/* A report is no point but an interval: the position was read between asking and answering, it was
 * rounded down, or it is as old as the player's last refresh.  While the player runs, all reports
 * bound the same line, so their intervals are intersected (Marzullo & Owicki 1983), each widened by
 * what the skew of the player's own clock may have added since.
 */
#include "core_sync.h"

#define SKEW_MAX 500e-6       /* of an audio clock against the device's own */
#define SKEW_MIN_MS 10000.0   /* how long a run must be to tell its skew */
#define SKEW_SLACK 1e-6       /* oscillators wander */
#define SKEW_RELAX 20e-6      /* with each new line: the last one may have been none */
#define EDGE_MS 0.1           /* clocks of pages tick that coarsely */
#define SETTLE_MS 20000.0     /* the beginning of a run, whose sharpest moment tells the skew */

static double lesser(double a, double b)
{
    return b < a ? b : a;
}

static double greater(double a, double b)
{
    return b > a ? b : a;
}

static void begin(core_sync_timeline *self)
{
    self->ran_ms = self->sharp_ran_ms = 0.0;
    self->sharp_lo = self->lo;
    self->sharp_hi = self->hi;
}

void core_sync_timeline_reset(core_sync_timeline *self)
{
    *self = (core_sync_timeline){.rate = 1.0, .skew_lo = -SKEW_MAX, .skew_hi = SKEW_MAX};
}

void core_sync_timeline_init(core_sync_timeline *self)
{
    core_sync_timeline_reset(self);
}

static double latest(const core_sync_timeline *self, double asked_ms, double answered_ms,
                     double position_ms, double resolution_ms)
{
    return position_ms + resolution_ms + self->rate * (answered_ms - asked_ms) + EDGE_MS;
}

void core_sync_timeline_restart(core_sync_timeline *self, double asked_ms, double answered_ms,
                                double position_ms, double resolution_ms)
{
    self->ref_ms = answered_ms;
    self->lo = position_ms - EDGE_MS;
    self->hi = latest(self, asked_ms, answered_ms, position_ms, resolution_ms);
    self->n_reports = 1;
    self->skew_lo = greater(-SKEW_MAX, self->skew_lo - SKEW_RELAX);
    self->skew_hi = lesser(SKEW_MAX, self->skew_hi + SKEW_RELAX);
    begin(self);
}

void core_sync_timeline_carry(core_sync_timeline *self, double device_ms)
{
    double ran = self->rate * (device_ms - self->ref_ms);
    double slow = ran * self->skew_lo, fast = ran * self->skew_hi;
    self->lo += ran + lesser(slow, fast);
    self->hi += ran + greater(slow, fast);
    self->ref_ms = device_ms;
    self->ran_ms += ran;
}

static void learn_skew(core_sync_timeline *self)
{
    if (self->ran_ms < SETTLE_MS && self->hi - self->lo < self->sharp_hi - self->sharp_lo) {
        self->sharp_ran_ms = self->ran_ms;
        self->sharp_lo = self->lo;
        self->sharp_hi = self->hi;
        return;
    }
    double ran = self->ran_ms - self->sharp_ran_ms;
    if (ran < SKEW_MIN_MS)
        return;
    double lo = greater(self->skew_lo, (self->lo - self->sharp_hi - ran) / ran - SKEW_SLACK);
    double hi = lesser(self->skew_hi, (self->hi - self->sharp_lo - ran) / ran + SKEW_SLACK);
    int is_contradiction = lo > hi; /* the player's own clock changed: begin anew */
    self->skew_lo = is_contradiction ? -SKEW_MAX : lo;
    self->skew_hi = is_contradiction ? SKEW_MAX : hi;
}

double core_sync_timeline_report(core_sync_timeline *self, double asked_ms, double answered_ms,
                                 double position_ms, double resolution_ms)
{
    if (self->n_reports == 0) {
        core_sync_timeline_restart(self, asked_ms, answered_ms, position_ms, resolution_ms);
        return 0.0;
    }
    core_sync_timeline_carry(self, answered_ms);
    double lo = position_ms - EDGE_MS;
    double hi = latest(self, asked_ms, answered_ms, position_ms, resolution_ms);
    if (lo > self->hi || hi < self->lo) {
        double jump = lo > self->hi ? lo - self->hi : hi - self->lo;
        core_sync_timeline_restart(self, asked_ms, answered_ms, position_ms, resolution_ms);
        return jump;
    }
    self->lo = greater(self->lo, lo);
    self->hi = lesser(self->hi, hi);
    self->n_reports++;
    learn_skew(self);
    return 0.0;
}

void core_sync_timeline_narrow(core_sync_timeline *self, double lo, double hi)
{
    lo = greater(self->lo, lo);
    hi = lesser(self->hi, hi);
    if (lo < hi) {
        self->lo = lo;
        self->hi = hi;
    }
}

void core_sync_timeline_loosen(core_sync_timeline *self, double behind_ms)
{
    self->lo -= behind_ms;
}

void core_sync_timeline_forget(core_sync_timeline *self)
{
    self->n_reports = 0;
}

void core_sync_timeline_set_rate(core_sync_timeline *self, double device_ms, double rate)
{
    core_sync_timeline_carry(self, device_ms);
    self->rate = rate;
}

double core_sync_timeline_at(const core_sync_timeline *self, double device_ms)
{
    double step = self->rate * (device_ms - self->ref_ms);
    double skew = 0.5 * (self->skew_lo + self->skew_hi);
    return 0.5 * (self->lo + self->hi) + step * (1.0 + skew);
}
