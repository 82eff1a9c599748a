/* Storms the audio ring from one thread: what comes out is what went in, in order, with its
 * positions, or is counted as dropped. */
#include "sound_storm.h"

enum { KEPT = 1 << 16 };

typedef struct {
    float sample;
    int64_t position;
} kept;

static kept queue[KEPT];
static size_t first, end;

static uint32_t bits(float x)
{
    uint32_t whole;
    memcpy(&whole, &x, sizeof whole);
    return whole;
}

static void push(script *s, core_audio_ring *ring, int64_t *position, size_t *dropped)
{
    size_t n = take_length(s), channels = 1 + take(s, 4), chosen = take(s, (uint32_t)channels);
    float *frames = malloc(n * channels * sizeof *frames);
    take_sound(s, frames, n * channels, 44100.0);
    size_t was = core_audio_ring_dropped(ring);
    int status = core_audio_ring_push(ring, frames, n, channels, (int)chosen, 0.25);
    expect(status == CORE_OK || status == CORE_ERR_FULL || n == 0, "a block is stored or dropped");
    expect(n > 0 || status == CORE_ERR_RANGE, "nothing is no block");
    if (status == CORE_OK)
        for (size_t k = 0; k < n; k++)
            queue[end++ % KEPT] = (kept){frames[k * channels + chosen], *position + (int64_t)k};
    *dropped += status == CORE_ERR_FULL ? n : 0;
    *position += (int64_t)n;
    expect(core_audio_ring_dropped(ring) - was == (status == CORE_ERR_FULL ? n : 0),
           "what is dropped is counted");
    expect(core_audio_ring_push(ring, frames, n, channels, (int)channels, 0.0) == CORE_ERR_RANGE &&
               core_audio_ring_push(ring, frames, 1, 0, -1, 0.0) == CORE_ERR_RANGE &&
               core_audio_ring_push(ring, frames, n, channels, -2, 0.0) == CORE_ERR_RANGE,
           "a channel is one of the frame's");
    free(frames);
}

static void pop(script *s, core_audio_ring *ring)
{
    size_t room = take_length(s);
    float *out = malloc(room * sizeof *out);
    core_audio_block block;
    size_t count = core_audio_ring_pop(ring, out, room, &block);
    expect(count <= room && (count > 0 || room == 0 || first == end), "what is there comes out");
    for (size_t k = 0; k < count; k++, first++) {
        const kept *next = &queue[first % KEPT];
        expect(first < end && bits(next->sample) == bits(out[k]), "samples come as they went in");
        expect(next->position == block.first + (int64_t)k, "positions count all samples");
        expect(isfinite(block.time_sec) && block.start <= block.first, "a block has its time");
    }
    free(out);
}

static void run_script(script *s)
{
    size_t capacity = (size_t)64 << take(s, 9), dropped = 0;
    char *memory = dirty(core_audio_ring_size(capacity) + 7);
    core_audio_ring *ring = core_audio_ring_init(memory + take(s, 8), capacity);
    int64_t position = 0;
    first = end = 0;
    while (s->left > 0) {
        if (take(s, 2))
            push(s, ring, &position, &dropped);
        else
            pop(s, ring);
        if (take(s, 60) == 59) {
            core_audio_ring_reset(ring);
            first = end;
        }
        expect(core_audio_ring_dropped(ring) == dropped, "the count of dropped samples only grows");
    }
    expect(core_audio_ring_size(63) == 0 && core_audio_ring_size(1 << 25) == 0 &&
               core_audio_ring_init(memory, 100) == NULL,
           "a capacity is a power of two");
    free(memory);
}
