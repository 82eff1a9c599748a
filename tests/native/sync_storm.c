/* Storms what holds listening rooms together with good, bad and hostile values; run under
 * sanitizers, it says nothing unless something is wrong. */
#include <math.h>
#include <string.h>

#include "core_sync.h"
#include "storm.h"

enum { ROOMS = 400, ROUNDS = 600 };

static double draw_number(double usual, double spread)
{
    static const double hostile[] = {NAN, INFINITY, -INFINITY, 1e300, -1e300, 1e9, 0.0, -0.0, 5e-324};
    return draw(20) ? usual + spread * (draw(2001) / 1000.0 - 1.0) : hostile[draw(9)];
}

/* An array of its own, exactly as long as it is: the sanitizer guards both ends. */
static double *doubles(size_t n, double usual, double spread)
{
    double *values = malloc(n * sizeof *values);
    for (size_t i = 0; i < n; i++)
        values[i] = draw_number(usual, spread);
    return values;
}

static float *floats(size_t n, double usual, double spread)
{
    float *values = malloc(n * sizeof *values);
    for (size_t i = 0; i < n; i++)
        values[i] = (float)draw_number(usual, spread);
    return values;
}

static void check_client(const core_sync_rooms *rooms, size_t i)
{
    float drift_ms = rooms->drift_ms[i], most = rooms->most_nudge[i], wanted = rooms->wanted[i];
    expect(isnan(drift_ms) || fabsf(drift_ms) <= (float)CORE_SYNC_FURTHEST_MS, "drifts are near");
    expect(!(most >= 0.0f) || fabsf(wanted) <= most, "a nudge is within what the rate allows");
    expect(rooms->quality[i] <= CORE_SYNC_POOR, "qualities are known");
    expect(!isnan(drift_ms) || rooms->quality[i] == CORE_SYNC_POOR, "what is not known is poor");
    expect(rooms->flags[i] < 8, "flags are known");
    int is_changed = rooms->flags[i] & CORE_SYNC_CHANGED;
    expect(!is_changed == (rooms->told[i] == rooms->quality[i]), "changes are told");
    expect(!isnan(drift_ms) || !(rooms->flags[i] & CORE_SYNC_AFAR), "nobody unknown is sought");
}

static void tick(void)
{
    uint32_t *first_client = malloc((ROOMS + 1) * sizeof *first_client);
    size_t n_rooms = draw(ROOMS + 1);
    first_client[0] = 0;
    for (size_t r = 0; r < n_rooms; r++)
        first_client[r + 1] = first_client[r] + (draw(3) ? draw(8) : draw(9) ? 0 : draw(300));
    size_t n = first_client[n_rooms];
    uint8_t *told = malloc(n);
    for (size_t i = 0; i < n; i++)
        told[i] = (uint8_t)draw(6);
    double now_ms = draw_number(1.7e12, 1e4);
    core_sync_rooms rooms = {
        n_rooms, n, first_client, doubles(n_rooms, 1e5, 1e5), doubles(n_rooms, 1.7e12, 2e3),
        doubles(n_rooms, 0.0, 1e-4), doubles(n, 1e5, 1e5), doubles(n, 1.7e12, 2e3),
        floats(n, 0.0, 1.0), floats(n, 0.0, 300.0), floats(n, 0.0, 1e-4), floats(n, 5e-4, 5e-4),
        floats(n, 2.5e-3, 2.5e-3), floats(n, 100.0, 90.0), floats(n, 0.0, 5e-3), told,
        malloc(n * sizeof(float)), malloc(n * sizeof(float)), malloc(n), malloc(n)};
    expect(core_sync_tick(&rooms, now_ms, (float)draw_number(1e-4, 1e-4)) == CORE_OK, "a tick");
    for (size_t i = 0; i < n; i++)
        check_client(&rooms, i);
    first_client[draw((uint32_t)n_rooms + 1)] += 1000000;
    expect(core_sync_tick(&rooms, now_ms, 0.0f) == CORE_ERR_RANGE, "clients are in order");
    const void *all[] = {first_client, told, rooms.host_anchor_ms, rooms.host_at_ms,
                         rooms.host_skew, rooms.anchor_ms, rooms.at_ms, rooms.skew,
                         rooms.offset_ms, rooms.trim, rooms.gain_per_ms, rooms.most_nudge,
                         rooms.band_ms, rooms.nudge, rooms.drift_ms, rooms.wanted, rooms.quality,
                         rooms.flags};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free((void *)all[i]);
}

static int is_clock_time(double ms)
{
    return fabs(ms) <= (double)CORE_SYNC_CLOCK_MS;
}

static void check_clock(const core_sync_clock *clock)
{
    const core_sync_clock_told *told = core_sync_clock_tell(clock);
    expect(isfinite(told->offset_ms) && isfinite(told->ref_ms), "an offset is a number");
    expect(fabs(told->skew) <= 1e-3 && told->skew_sd > 0.0, "clocks run about alike");
    expect(told->rtt_ms >= 0.0, "no way back is before the way there");
    expect(isfinite(told->down_ms) && isfinite(told->up_ms), "ways are known");
    expect(told->doubt_ms >= 0.0, "doubt is known");
    expect(told->n_pings >= 0 && told->n_heard >= 0, "counts are not negative");
    expect(isfinite(core_sync_clock_to_server(clock, 1e6)), "device to server");
    expect(isfinite(core_sync_clock_to_device(clock, 1.7e12)), "server to device");
}

static void read_clock(void)
{
    core_sync_clock *clock = malloc(core_sync_clock_size());
    core_sync_clock_init(clock);
    double now_ms = 1.7e12, device_ms = 1e6;
    for (int i = 0; i < 400; i++) {
        double gap_ms = draw(50) ? draw(2000) : 1e9;
        now_ms += gap_ms;
        device_ms += draw(60) ? gap_ms : -gap_ms;
        double times[4] = {now_ms, device_ms + draw(90), device_ms + 90, now_ms + 90 + draw(400)};
        if (draw(25) == 0)
            times[draw(4)] = draw_number(0.0, 1e15);
        int is_ping = i > 100 && draw(5), is_fine = 1;
        for (int k = 0; k < (is_ping ? 4 : 2); k++)
            is_fine &= is_clock_time(times[k]);
        int told = is_ping ? core_sync_clock_ping(clock, times[0], times[1], times[2], times[3])
                           : core_sync_clock_hear(clock, times[1], times[0]);
        expect(told == (is_fine ? CORE_OK : CORE_ERR_RANGE), "times are within every clock");
        check_clock(clock);
        if (draw(150) == 0)
            core_sync_clock_reset(clock);
    }
    free(clock);
}

static void follow_timeline(void)
{
    core_sync_timeline *line = malloc(sizeof *line);
    core_sync_timeline_init(line);
    double now_ms = 0.0;
    for (int i = 0; i < 400; i++) {
        now_ms += draw(2000);
        double asked = draw_number(now_ms, 1.0), answered = draw_number(now_ms + 5.0, 3.0);
        double position = draw_number(now_ms, 4.0), resolution = draw_number(20.0, 20.0);
        switch (draw(9)) {
        case 0:
            core_sync_timeline_restart(line, asked, answered, position, resolution);
            break;
        case 1:
            core_sync_timeline_set_rate(line, answered, draw_number(1.0, 0.005));
            break;
        case 2:
            core_sync_timeline_narrow(line, position - 9.0, position + 9.0);
            break;
        case 3:
            core_sync_timeline_carry(line, answered);
            break;
        default:
            core_sync_timeline_report(line, asked, answered, position, resolution);
        }
        (void)core_sync_timeline_at(line, answered);
        expect(line->n_reports >= 0, "reports are counted");
        if (draw(60) == 0)
            core_sync_timeline_loosen(line, draw_number(700.0, 700.0));
        if (draw(60) == 0)
            core_sync_timeline_forget(line);
        if (draw(60) == 0)
            core_sync_timeline_reset(line);
    }
    free(line);
}

int main(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        tick();
        read_clock();
        follow_timeline();
    }
    return 0;
}
