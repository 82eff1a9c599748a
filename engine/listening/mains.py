"""The mains, which many a microphone hears: no note."""

MAINS_HZ = (50.0, 60.0)
PARTIALS = (1, 2, 3)
NEAR = 2.0 ** (15.0 / 1200.0)  # of 50 and 60 Hz: as far as a tracker is off; G1 and B1 lie farther
VERY_NEAR = 2.0 ** (8.0 / 1200.0)  # of their harmonics


def is_mains(f0_hz: float) -> bool:
    """Whether a pitch is that of the mains' hum, and of no note that is in tune."""
    return any(hz / NEAR < f0_hz < hz * NEAR for hz in MAINS_HZ)


def may_be_mains(f0_hz: float) -> bool:
    """Whether a pitch just heard may be a partial of the hum."""
    harmonics = (partial * hz for partial in PARTIALS for hz in MAINS_HZ)
    return any(hz / VERY_NEAR < f0_hz < hz * VERY_NEAR for hz in harmonics)
