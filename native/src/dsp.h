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
#define DSP_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define DSP_CLONES
#endif

/* ---- resampler: sound of any rate to DSP_RATE_HZ ---- */

typedef struct resampler resampler;

/* Bytes of memory a resampler needs.
 *   rate_hz  in  DSP_RATE_MIN_HZ..DSP_RATE_MAX_HZ
 * Returns the size, or 0 if rate_hz is outside its range or NaN.
 * Memory: none.  Real-time: safe.  Threads: reentrant.
 */
size_t resampler_size(double rate_hz);

/* Make a resampler, before its first sample.
 *   self     out  resampler_size() bytes
 *   rate_hz  in   as for resampler_size()
 * Memory: caller's.  Real-time: no.  Threads: reentrant.
 */
void resampler_init(resampler *self, double rate_hz);

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

/* How much later than its own instant a sample of the inner rate comes, in seconds.
 * Memory: none.  Real-time: safe.  Threads: reentrant.
 */
double resampler_delay_sec(const resampler *self);

/* Back to before the first sample.
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
void resampler_reset(resampler *self);

/* ---- Fourier transform ---- */

typedef struct fft fft;

/* Bytes of memory a transform of n real samples needs; n is a power of two, 16..16384.
 * Returns the size, or 0 if n breaks its rule.
 * Memory: none.  Real-time: safe.  Threads: reentrant.
 */
size_t fft_size(size_t n);

/* Make a transform; n as for fft_size().
 * Memory: caller's.  Real-time: no.  Threads: reentrant.
 */
void fft_init(fft *self, size_t n);

/* Spectrum of n real samples: sum of x[t] exp(-2 pi i k t / n), not scaled.
 *   self              in/out  its scratch
 *   x     (n,)        in
 *   re    (n/2 + 1,)  out     may not alias x
 *   im    (n/2 + 1,)  out     may not alias x
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
void fft_real(fft *self, const float *x, float *re, float *im);

/* Circular autocorrelation from a power spectrum, by Wiener and Khinchin; zero-pad for a linear one.
 *   self               in/out  its scratch
 *   power  (n/2 + 1,)  in      re^2 + im^2, or any even, real spectrum
 *   acf    (n/2 + 1,)  out     of lag 0..n/2, scaled to that of the samples
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
void fft_autocorrelation(fft *self, const float *power, float *acf);

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
