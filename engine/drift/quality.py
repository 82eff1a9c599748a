"""What a drift is called."""

EXCELLENT_MS = 100.0
GOOD_MS = 500.0
FAIR_MS = 1000.0
QUALITIES = ("excellent", "good", "fair", "poor")  # as the native core numbers them


def quality_of(drift_ms: float) -> str:
    """Name a drift: excellent < 100 ms, good < 500, fair <= 1000, poor above."""
    size = abs(drift_ms)
    if size < EXCELLENT_MS:
        return "excellent"
    if size < GOOD_MS:
        return "good"
    return "fair" if size <= FAIR_MS else "poor"
