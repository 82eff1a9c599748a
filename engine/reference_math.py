"""exp and log that give the same bits on every machine; the method is told in the C header."""

from math import floor, frexp, ldexp

LN2_HIGH, LN2_LOW = 0.693147180369123816490, 1.90821492927058770002e-10
INVERSE_LN2, SQRT2, EXP_LIMIT = 1.44269504088896338700, 1.41421356237309514547, 700.0
FACTORIALS = (1.0, 1.0, 2.0, 6.0, 24.0, 120.0, 720.0, 5040.0, 40320.0, 362880.0, 3628800.0)


def exact_exp(x: float) -> float:
    """Exponential of ``x``, held beyond 700 either way."""
    x = min(max(x, -EXP_LIMIT), EXP_LIMIT)
    k = floor(x * INVERSE_LN2 + 0.5)
    r = x - k * LN2_HIGH - k * LN2_LOW
    total = 1.0 / FACTORIALS[10]
    for n in range(9, -1, -1):
        total = 1.0 / FACTORIALS[n] + r * total
    return ldexp(total, k)


def exact_log(x: float) -> float:
    """Natural logarithm of ``x``, from 1e-300 to 1e300."""
    half, exponent = frexp(x)
    m, exponent = 2.0 * half, exponent - 1
    if m >= SQRT2:
        m, exponent = 0.5 * m, exponent + 1
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    total = 1.0 / 13.0
    for n in range(11, 0, -2):
        total = 1.0 / n + z * total
    return exponent * LN2_HIGH + (2.0 * s * total + exponent * LN2_LOW)


def exact_log1p(x: float) -> float:
    """Logarithm of 1 + ``x``, ``x`` not negative."""
    return exact_log(1.0 + x)
