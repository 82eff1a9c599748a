/* What all that listens is built on: one inner sample rate, the Fourier transform, a dense layer.
 *
 * Inside the core only.  Every object lives in memory of the caller's, sized by its *_size(),
 * aligned to 16.
 */
#ifndef ETUDE_DSP_H
#define ETUDE_DSP_H

#include <stddef.h>
#include <stdint.h>

#define DSP_RATE_HZ 16000.0  /* everything that listens does so at this rate */
#define DSP_RATE_MIN_HZ 16e3 /* of the sound that comes in */
#define DSP_RATE_MAX_HZ 96e3
#define DSP_PEAK 8.0f /* samples are held within this either way; full scale is 1 */

/* A function compiled twice, for AVX2 and for any machine; the same bits either way, since no
 * multiply-add is fused and no sum is reordered.  glibc chooses at load time; sanitizers run
 * before it can. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) \
    && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define DSP_HAS_CLONES 1
#define DSP_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define DSP_HAS_CLONES 0
#define DSP_CLONES
#endif

/* One that is compiled into each of its callers, so that every clone of them has its own. */
#if defined(__GNUC__)
#define DSP_INLINE static inline __attribute__((always_inline))
#else
#define DSP_INLINE static inline
#endif

/* ---- resampler: sound of any rate to DSP_RATE_HZ ---- */

enum {
    RESAMPLER_TAPS = 128, /* at most */
    RESAMPLER_CHUNK = 512 /* samples taken in at once */
};

/* What all resamplers of one rate read; it never changes. */
typedef struct resampler_plan resampler_plan;

/* One stream's. */
typedef struct {
    const resampler_plan *plan;
    int64_t at;     /* the sample in before the next one out, ... */
    int64_t phase;  /* ... and how far after it that lies, in phases */
    int64_t n_out;  /* given out so far; kept where the phases do not repeat */
    int64_t first;  /* which sample of the stream buffer[0] is */
    size_t n_held;  /* samples in buffer */
    float buffer[RESAMPLER_TAPS + RESAMPLER_CHUNK];
} resampler;

/* Bytes of memory the plan of a rate needs.
 *   rate_hz  in  DSP_RATE_MIN_HZ..DSP_RATE_MAX_HZ
 * Returns the size, or 0 if rate_hz is outside its range or NaN.
 * Memory: none.  Real-time: safe.  Threads: reentrant.
 */
size_t resampler_plan_size(double rate_hz);

/* Make the plan of a rate.
 *   self     out  resampler_plan_size() bytes
 *   rate_hz  in   as for resampler_plan_size()
 * Memory: caller's.  Real-time: no.  Threads: reentrant.
 */
void resampler_plan_init(resampler_plan *self, double rate_hz);

/* How much later than its own instant a sample of the inner rate comes, in seconds.
 * Memory: none.  Real-time: safe.  Threads: reentrant.
 */
double resampler_delay_sec(const resampler_plan *self);

/* Make a resampler, before its first sample.
 *   self  out
 *   plan  in   shared; it must live as long as self
 * Memory: caller's.  Real-time: safe.  Threads: reentrant.
 */
void resampler_init(resampler *self, const resampler_plan *plan);

/* Take in samples and give out those of the inner rate that they settle.
 *   self               in/out
 *   samples  (n,)      in      full scale +-1; what is not finite counts as 0
 *   n                  in      any number
 *   used               out     how many were taken in: all, unless out is full
 *   out      (room,)   out     sample k of the stream lies k / DSP_RATE_HZ after the first one in;
 *                              it comes resampler_delay_sec() later
 *   room               in      any number
 * Returns how many were given out.  The same whatever the lengths of the blocks.
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
size_t resampler_process(resampler *self, const float *samples, size_t n, size_t *used, float *out,
                         size_t room);

/* Back to before the first sample.
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
void resampler_reset(resampler *self);

/* ---- Fourier transform ---- */

#define FFT_MOST 8192 /* real samples */

/* Angles; once made it never changes, so that all streams can read one. */
typedef struct fft fft;

/* Bytes of memory a transform of n real samples needs; n is a power of two, 16..FFT_MOST.
 * Returns the size, or 0 if n breaks its rule.
 * Memory: none.  Real-time: safe.  Threads: reentrant.
 */
size_t fft_size(size_t n);

/* Make a transform; n as for fft_size().
 * Memory: caller's.  Real-time: no.  Threads: reentrant.
 */
void fft_init(fft *self, size_t n);

/* Spectrum of n real samples: sum of x[t] exp(-2 pi i k t / n), not scaled.
 *   self              in
 *   x     (n,)        in
 *   re    (n/2 + 1,)  out     may not alias x
 *   im    (n/2 + 1,)  out     may not alias x
 * Memory: 4 n bytes of stack.  Real-time: safe.  Threads: reentrant.
 */
void fft_real(const fft *self, const float *x, float *re, float *im);

/* ---- what all that listens at one rate shares ---- */

typedef struct core_tables core_tables;

const resampler_plan *tables_input(const core_tables *self);

/* The transform of n real samples, a power of two, 512..4096. */
const fft *tables_fft(const core_tables *self, size_t n);

/* ---- dense layer ---- */

/* y = b + x W.
 *   w  (n_in, n_out)  in   row by row: the weights of one input lie side by side
 *   b  (n_out,)       in
 *   x  (n_in,)        in
 *   y  (n_out,)       out  may not alias x
 * Quick where n_out is a multiple of 8, quickest of 32.
 * Memory: none.  Real-time: safe.  Threads: reentrant.
 */
void dense(const float *w, const float *b, const float *x, float *y, size_t n_in, size_t n_out);

/* max(y, 0), in place. */
void relu(float *y, size_t n);

#endif
