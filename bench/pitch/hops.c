/* Feeds hops of sound to everything that listens, each part called as the product calls it.
 *
 * Standard input holds what bench/pitch/native_hops.py packs: counts, weights, samples. With "time",
 * nanoseconds of CPU of each call go to standard output, (hops, 3) int64; with "count", callgrind writes one
 * count per hop. The sound is heard PASSES times, each time from the beginning. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <valgrind/callgrind.h>

#include "core.h"

#define HOP 256
#define PARTS 3
#define LOW_HZ 26.0
#define HIGH_HZ 4400.0

typedef struct {
    const core_tables *tables;
    core_pitch *pitch;
    core_notes *notes;
    core_chords *chords;
    core_signal *signal;
} listeners;

static void stop(const char *why)
{
    fprintf(stderr, "%s\n", why);
    exit(1);
}

static void *memory(size_t size)
{
    void *made = size ? aligned_alloc(64, (size + 63) / 64 * 64) : NULL;
    if (made == NULL)
        stop("no memory, or a rate out of range");
    memset(made, 0, size); /* touched before it is used */
    return made;
}

static void *read_array(size_t count, size_t size)
{
    void *array = memory(count * size + 1);
    if (fread(array, size, count, stdin) != count)
        stop("the input ended early");
    return array;
}

/* CPU time of this thread: what else the machine does is not in it. */
static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Functions that callgrind counts in must stay themselves. */
#define APART __attribute__((noipa))

APART static void feed_voice(const listeners *all, const float *hop)
{
    core_pitch_frame frames[CORE_VOICE_FRAMES];
    core_heard_note found[CORE_VOICE_NOTES];
    core_voice_told told;
    if (core_voice_process(all->pitch, all->notes, hop, HOP, frames, found, &told) != CORE_OK)
        stop("pitch and notes refused a hop");
}

APART static void feed_signal(core_signal *signal, const float *hop)
{
    core_signal_span span;
    size_t used = 0;
    for (size_t at = 0; at < HOP; at += used)
        core_signal_process(signal, hop + at, HOP - at, &used, &span);
}

/* One hop to every part; took: nanoseconds of each. */
static void feed(const listeners *all, const float *hop, int64_t took[PARTS])
{
    int64_t times[PARTS + 1];
    times[0] = now_ns();
    feed_voice(all, hop);
    times[1] = now_ns();
    core_chords_process(all->chords, hop, HOP);
    times[2] = now_ns();
    feed_signal(all->signal, hop);
    times[3] = now_ns();
    for (int i = 0; i < PARTS; i++)
        took[i] = times[i + 1] - times[i];
}

static listeners begin(double rate_hz, const float *weights[3], const int64_t counts[3])
{
    core_tables *tables = memory(core_tables_size(rate_hz));
    core_tables_init(tables, rate_hz);
    listeners all = {tables, memory(core_pitch_size()), memory(core_notes_size()), NULL,
                     memory(core_signal_size(rate_hz))};
    const float *net = counts[0] ? weights[0] : NULL;
    core_notes_init(all.notes, tables, weights[1]);
    all.chords = core_chords_init(memory(core_chords_size()), tables, weights[2],
                                  (size_t)counts[2]);
    if (core_pitch_init(all.pitch, tables, LOW_HZ, HIGH_HZ, net) != CORE_OK ||
        core_signal_init(all.signal, rate_hz) != CORE_OK || all.chords == NULL)
        stop("a part refused its arguments");
    return all;
}

static void begin_anew(const listeners *all)
{
    core_pitch_reset(all->pitch);
    core_notes_reset(all->notes);
    core_chords_reset(all->chords);
    core_signal_reset(all->signal);
}

int main(int argc, char **argv)
{
    int is_counting = argc > 1 && strcmp(argv[1], "count") == 0;
    const int64_t *counts = read_array(6, sizeof(int64_t)); /* rate, hops, passes, weights of 3 */
    size_t hops = (size_t)counts[1], passes = (size_t)counts[2];
    const float *weights[3];
    for (int i = 0; i < 3; i++)
        weights[i] = read_array((size_t)counts[3 + i], sizeof(float));
    const float *samples = read_array(hops * HOP, sizeof(float));
    int64_t(*took)[PARTS] = memory(hops * passes * sizeof *took);
    listeners all = begin((double)counts[0], weights, counts + 3);
    for (size_t pass = 0; pass < passes; pass++) {
        begin_anew(&all);
        for (size_t i = 0; i < hops; i++) {
            feed(&all, samples + i * HOP, took[pass * hops + i]);
            if (is_counting)
                CALLGRIND_DUMP_STATS;
        }
    }
    return fwrite(took, sizeof *took, hops * passes, stdout) == hops * passes ? 0 : 1;
}
