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

int main(void)
{
    for (int round = 0; round < ROUNDS; round++)
        tick();
    return 0;
}
