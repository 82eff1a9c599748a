/* A ring of timed audio blocks between a device's callback and a worker.
 *
 * One thread pushes, one thread pops; the memory model is ring.c's. Samples lie in one ring, what is
 * known of the blocks they came in (a mark each) in another. Both counters of the producer are
 * published by one release store, that of the marks: a mark's samples are there before it is.
 */
#include <stdatomic.h>
#include <string.h>

#include "core.h"

#define CACHE_LINE_BYTES 64
#define MIN_CAPACITY ((size_t)64)
#define MAX_CAPACITY ((size_t)1 << 24)
#define SAMPLES_PER_MARK 32 /* no driver calls back for fewer frames, so samples run out first */

typedef struct {
    double time_sec; /* when the block was pushed */
    double age_sec;  /* how much older its first sample was */
    int64_t start;   /* position in the stream of that sample */
    size_t n;        /* samples in the block */
} mark;

struct core_audio_ring {
    size_t capacity; /* samples; a power of two, as is the number of marks */
    size_t n_marks;
    mark *marks;
    float *samples;
    /* Written by the producer only. */
    _Alignas(CACHE_LINE_BYTES) atomic_size_t pushed; /* marks */
    atomic_size_t dropped;                           /* samples */
    size_t written;                                  /* samples */
    int64_t position;                                /* of the next sample, dropped ones counted */
    /* Written by the consumer only. */
    _Alignas(CACHE_LINE_BYTES) atomic_size_t popped; /* marks */
    atomic_size_t taken;                             /* samples */
    size_t within;                                   /* samples taken of the oldest block */
};

static int is_capacity(size_t capacity)
{
    return capacity >= MIN_CAPACITY && capacity <= MAX_CAPACITY && (capacity & (capacity - 1)) == 0;
}

/* The first cache line inside the caller's memory: its bytes may begin anywhere. */
static core_audio_ring *aligned(void *memory)
{
    uintptr_t start = (uintptr_t)memory;
    return (core_audio_ring *)((start + CACHE_LINE_BYTES - 1) & ~(uintptr_t)(CACHE_LINE_BYTES - 1));
}

size_t core_audio_ring_size(size_t capacity)
{
    if (!is_capacity(capacity))
        return 0;
    return sizeof(core_audio_ring) + capacity / SAMPLES_PER_MARK * sizeof(mark) +
           capacity * sizeof(float) + CACHE_LINE_BYTES;
}

core_audio_ring *core_audio_ring_init(void *memory, size_t capacity)
{
    if (!is_capacity(capacity))
        return NULL;
    core_audio_ring *ring = aligned(memory);
    memset(ring, 0, sizeof *ring);
    ring->capacity = capacity;
    ring->n_marks = capacity / SAMPLES_PER_MARK;
    ring->marks = (mark *)(ring + 1);
    ring->samples = (float *)(ring->marks + ring->n_marks);
    atomic_init(&ring->pushed, 0);
    atomic_init(&ring->dropped, 0);
    atomic_init(&ring->popped, 0);
    atomic_init(&ring->taken, 0);
    return ring;
}

/* One channel of a frame, or the mean of all. */
static float mono(const float *frame, size_t n_channels, int channel)
{
    if (channel >= 0)
        return frame[channel];
    float sum = frame[0];
    for (size_t k = 1; k < n_channels; k++)
        sum += frame[k];
    return sum / (float)n_channels;
}

static int has_room(const core_audio_ring *ring, size_t pushed, size_t n)
{
    size_t popped = atomic_load_explicit(&ring->popped, memory_order_acquire);
    size_t taken = atomic_load_explicit(&ring->taken, memory_order_acquire);
    return pushed - popped < ring->n_marks && n <= ring->capacity - (ring->written - taken);
}

int core_audio_ring_push(core_audio_ring *ring, const float *frames, size_t n, size_t n_channels,
                         int channel, double age_sec)
{
    double now_sec = core_clock_sec();
    if (n < 1 || n > MAX_CAPACITY || n_channels < 1 || channel < -1 ||
        (channel >= 0 && (size_t)channel >= n_channels))
        return CORE_ERR_RANGE;
    int64_t start = ring->position;
    ring->position += (int64_t)n;
    size_t pushed = atomic_load_explicit(&ring->pushed, memory_order_relaxed);
    if (!has_room(ring, pushed, n)) {
        size_t dropped = atomic_load_explicit(&ring->dropped, memory_order_relaxed);
        atomic_store_explicit(&ring->dropped, dropped + n, memory_order_relaxed);
        return CORE_ERR_FULL;
    }
    for (size_t k = 0; k < n; k++)
        ring->samples[(ring->written + k) & (ring->capacity - 1)] =
            mono(frames + k * n_channels, n_channels, channel);
    ring->written += n;
    ring->marks[pushed & (ring->n_marks - 1)] = (mark){now_sec, age_sec, start, n};
    atomic_store_explicit(&ring->pushed, pushed + 1, memory_order_release);
    return CORE_OK;
}

size_t core_audio_ring_pop(core_audio_ring *ring, float *out, size_t n, core_audio_block *block)
{
    size_t popped = atomic_load_explicit(&ring->popped, memory_order_relaxed);
    size_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);
    if (popped == atomic_load_explicit(&ring->pushed, memory_order_acquire))
        return 0;
    const mark *oldest = &ring->marks[popped & (ring->n_marks - 1)];
    size_t left = oldest->n - ring->within;
    size_t count = left < n ? left : n;
    for (size_t k = 0; k < count; k++)
        out[k] = ring->samples[(taken + k) & (ring->capacity - 1)];
    block->time_sec = oldest->time_sec;
    block->age_sec = oldest->age_sec;
    block->start = oldest->start;
    block->end = oldest->start + (int64_t)oldest->n;
    block->first = oldest->start + (int64_t)ring->within;
    ring->within = count < left ? ring->within + count : 0;
    atomic_store_explicit(&ring->taken, taken + count, memory_order_release);
    if (count == left)
        atomic_store_explicit(&ring->popped, popped + 1, memory_order_release);
    return count;
}

size_t core_audio_ring_dropped(const core_audio_ring *ring)
{
    return atomic_load_explicit(&ring->dropped, memory_order_relaxed);
}

void core_audio_ring_reset(core_audio_ring *ring)
{
    size_t popped = atomic_load_explicit(&ring->popped, memory_order_relaxed);
    size_t pushed = atomic_load_explicit(&ring->pushed, memory_order_acquire);
    size_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);
    for (; popped != pushed; popped++) {
        taken += ring->marks[popped & (ring->n_marks - 1)].n - ring->within;
        ring->within = 0;
    }
    atomic_store_explicit(&ring->taken, taken, memory_order_release);
    atomic_store_explicit(&ring->popped, popped, memory_order_release);
}
