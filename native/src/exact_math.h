/* exp and log that give the same bits on every machine, which no C library promises: only
 * + - * /, floor and the bits of IEEE 754 doubles.  Relative error below 1e-11.
 *
 * Method: reduction by powers of two, then the series of exp(r), |r| <= ln(2) / 2, and of
 * log(m) = 2 artanh(s), s = (m - 1) / (m + 1), sqrt(1/2) <= m < sqrt(2).  Muller (2016),
 * "Elementary Functions", 3rd ed., sections 3.1 and 11.1.
 */
#ifndef ETUDE_EXACT_MATH_H
#define ETUDE_EXACT_MATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define EXACT_LN2_HIGH 0.693147180369123816490 /* 32 bits, so that small multiples are exact */
#define EXACT_LN2_LOW 1.90821492927058770002e-10
#define EXACT_INVERSE_LN2 1.44269504088896338700
#define EXACT_SQRT2 1.41421356237309514547
#define EXACT_EXP_LIMIT 700.0 /* beyond it either way exp is held */

/* 2 to the power of an integer in -1022..1023. */
static inline double exact_power_of_two(int64_t exponent)
{
    uint64_t bits = (uint64_t)(exponent + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

static const double EXACT_SERIES[] = {1.0,         1.0,         1.0 / 2.0,    1.0 / 6.0,
                                      1.0 / 24.0,  1.0 / 120.0, 1.0 / 720.0,  1.0 / 5040.0,
                                      1.0 / 40320.0, 1.0 / 362880.0}; /* 1 / n! */

static inline double exact_exp(double x)
{
    x = x > EXACT_EXP_LIMIT ? EXACT_EXP_LIMIT : x < -EXACT_EXP_LIMIT ? -EXACT_EXP_LIMIT : x;
    double k = floor(x * EXACT_INVERSE_LN2 + 0.5);
    double r = x - k * EXACT_LN2_HIGH - k * EXACT_LN2_LOW;
    double sum = 1.0 / 3628800.0;
    for (int n = 9; n >= 0; n--)
        sum = EXACT_SERIES[n] + r * sum;
    return sum * exact_power_of_two((int64_t)k);
}

/* Of a number from 1e-300 to 1e300. */
static inline double exact_log(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int64_t exponent = (int64_t)(bits >> 52) - 1023;
    double m = x * exact_power_of_two(-exponent);
    if (m >= EXACT_SQRT2) {
        m *= 0.5;
        exponent++;
    }
    double s = (m - 1.0) / (m + 1.0), z = s * s;
    double sum = 1.0 / 13.0;
    for (int n = 11; n > 0; n -= 2)
        sum = 1.0 / n + z * sum;
    return (double)exponent * EXACT_LN2_HIGH + (2.0 * s * sum + (double)exponent * EXACT_LN2_LOW);
}

/* log(1 + x), x >= 0; of a tiny x the sum's rounding is all the error. */
static inline double exact_log1p(double x)
{
    return exact_log(1.0 + x);
}

#endif
