"""Rooms, microphones and noise to train in, all synthetic.

Everything takes a ``numpy.random.Generator`` and gives float32 at the rate asked for.
"""

import numpy as np

SPEED_OF_SOUND = 343.0  # m/s
BANDS_HZ = (125.0, 500.0, 2000.0, 8000.0)  # where a room's reverberation times are drawn
NOISE_SLOPES = {"white": 0.0, "pink": -1.0, "brown": -2.0, "blue": 1.0}  # of power by frequency


def room_response(
    rng: np.random.Generator, rate_hz: float, rt60_sec: float, direct_db: float = 3.0
) -> np.ndarray:
    """A room's impulse response: the direct sound, first reflections, and shaped noise after them.

    Parameters
    ----------
    rng : numpy.random.Generator
    rate_hz : float
        Samples a second.
    rt60_sec : float
        Time for 60 dB of decay at 500 Hz; each band's own lies around it, the highest shortest.
    direct_db : float
        The direct sound's energy over all that comes after it.

    Returns
    -------
    (n,) float32
        Beginning with the direct sound, whose amplitude is 1.

    References
    ----------
    Moorer (1979), "About this reverberation business": exponentially decaying noise as a tail.
    Allen & Berkley (1979), JASA 65: first reflections as image sources.
    """
    length = int(rate_hz * min(1.5, 1.1 * rt60_sec)) + 1
    late = _tail(rng, rate_hz, rt60_sec, length) + _reflections(rng, rate_hz, length)
    late[0] = 0.0
    energy = float(np.sum(late**2))
    late *= np.sqrt(10 ** (-direct_db / 10) / max(energy, 1e-12))
    late[0] = 1.0
    out: np.ndarray = late.astype(np.float32)
    return out


def _tail(rng: np.random.Generator, rate_hz: float, rt60_sec: float, length: int) -> np.ndarray:
    """Noise that decays at each band's own pace, growing dense over the first milliseconds."""
    factors = np.array([1.2, 1.0, 0.85, 0.5]) * rng.uniform(0.8, 1.25, 4)
    spectrum = np.fft.rfft(rng.standard_normal(length))
    octave = np.log2(np.fft.rfftfreq(length, 1 / rate_hz) + 1.0)
    centres = np.log2(BANDS_HZ)
    time_sec = np.arange(length) / rate_hz
    tail = np.zeros(length)
    for k, factor in enumerate(factors):
        share = np.interp(octave, centres, np.eye(len(centres))[k])
        tail += np.fft.irfft(spectrum * np.sqrt(share), length) * np.exp(
            -np.log(1e3) * time_sec / (rt60_sec * factor)
        )
    return tail * np.minimum(1.0, time_sec / rng.uniform(0.005, 0.03))


def _reflections(rng: np.random.Generator, rate_hz: float, length: int) -> np.ndarray:
    """The six first reflections of a box, and twelve later ones at random."""
    path_m = rng.uniform(1.0, 4.0)
    extra_m = np.concatenate([rng.uniform(0.3, 6.0, 6), rng.uniform(3.0, 14.0, 12)])
    gains = path_m / (path_m + extra_m) * rng.uniform(0.4, 0.95, len(extra_m))
    at = (extra_m / SPEED_OF_SOUND * rate_hz).astype(int)
    out = np.zeros(length)
    inside = at < length
    signs = rng.choice([-1.0, 1.0], len(at), p=[0.2, 0.8])
    np.add.at(out, at[inside], (gains * signs)[inside])
    return out * 3.0


def colour_response(rng: np.random.Generator, rate_hz: float, depth_db: float = 6.0) -> np.ndarray:
    """A microphone's and loudspeaker's colour: low and high cut, broad bumps; minimum phase.

    Parameters
    ----------
    rng : numpy.random.Generator
    rate_hz : float
        Samples a second.
    depth_db : float
        Standard deviation of each bump.

    Returns
    -------
    (512,) float32
        Impulse response.
    """
    size = 1024
    freq_hz = np.fft.rfftfreq(size, 1 / rate_hz) + 1.0
    octave = np.log2(freq_hz)
    level_db = np.zeros(len(freq_hz))
    for _ in range(int(rng.integers(1, 6))):
        centre, width = rng.uniform(np.log2(60), np.log2(9000)), rng.uniform(0.25, 1.5)
        level_db += rng.normal(0, depth_db) * np.exp(-0.5 * ((octave - centre) / width) ** 2)
    level_db += rng.normal(0, 1.5) * (octave - np.log2(1000.0))
    low_hz, high_hz = np.exp(rng.uniform(np.log([15, 3500]), np.log([160, 20000])))
    level_db -= 10 * np.log10(1 + (low_hz / freq_hz) ** 4)
    level_db -= 10 * np.log10(1 + (freq_hz / high_hz) ** 6)
    return minimum_phase(level_db, size)[: size // 2].astype(np.float32)


def minimum_phase(level_db: np.ndarray, size: int) -> np.ndarray:
    """The minimum-phase response of a spectrum's levels (Oppenheim & Schafer, ch. 12), (size,)."""
    log_level = np.maximum(level_db, -100.0) * (np.log(10) / 20)
    cepstrum = np.fft.irfft(log_level, size)
    cepstrum[1 : size // 2] *= 2
    cepstrum[size // 2 + 1 :] = 0
    return np.fft.irfft(np.exp(np.fft.rfft(cepstrum)), size)


def convolve(sound: np.ndarray, response: np.ndarray) -> np.ndarray:
    """The sound through a response, cut to the sound's length, float32."""
    size = 1 << (len(sound) + len(response) - 1).bit_length()
    both = np.fft.rfft(sound, size) * np.fft.rfft(response, size)
    return np.fft.irfft(both, size)[: len(sound)].astype(np.float32)


def noise(rng: np.random.Generator, n: int, rate_hz: float, colour: str) -> np.ndarray:
    """Noise of unit power.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Samples.
    rate_hz : float
        Samples a second.
    colour : str
        A key of :data:`NOISE_SLOPES`, ``hum`` (a mains hum and its harmonics) or ``room`` (pink,
        with bumps and a swelling level).

    Returns
    -------
    (n,) float32
    """
    if colour == "hum":
        return _hum(rng, n, rate_hz)
    slope = NOISE_SLOPES["pink" if colour == "room" else colour]
    freq_hz = np.fft.rfftfreq(max(n, 2), 1 / rate_hz)
    shape = np.maximum(freq_hz, 20.0) ** (slope / 2)
    out = np.fft.irfft(np.fft.rfft(rng.standard_normal(max(n, 2))) * shape, max(n, 2))[:n]
    if colour == "room":
        out = convolve(out, colour_response(rng, rate_hz)) * _swell(rng, n, rate_hz)
    return _unit(out)


def _swell(rng: np.random.Generator, n: int, rate_hz: float) -> np.ndarray:
    """A level that wanders by a few dB over seconds."""
    knots = rng.normal(0, 3, 2 + int(n / rate_hz))
    level_db = np.interp(np.arange(n) / rate_hz, np.arange(len(knots)), knots)
    return 10 ** (level_db / 20)


def _hum(rng: np.random.Generator, n: int, rate_hz: float) -> np.ndarray:
    """A mains frequency and its harmonics, over a little pink noise."""
    mains_hz = rng.choice([50.0, 60.0])
    time_sec = np.arange(n) / rate_hz
    out = np.zeros(n)
    for k in range(1, 13):
        gain = rng.uniform(0.1, 1.0) / k * (1.0 if k % 2 else 0.4)
        out += gain * np.sin(2 * np.pi * (k * mains_hz * time_sec + rng.uniform()))
    return _unit(_unit(out) + 0.3 * noise(rng, n, rate_hz, "pink"))


def _unit(sound: np.ndarray) -> np.ndarray:
    """The sound at a mean power of 1."""
    power = float(np.mean(np.square(sound))) if len(sound) else 1.0
    out: np.ndarray = (sound / np.sqrt(max(power, 1e-20))).astype(np.float32)
    return out


def roomed(
    rng: np.random.Generator, sound: np.ndarray, rate_hz: float, dry_chance: float = 0.3
) -> np.ndarray:
    """The sound in a room drawn at random (RT60 0.1..1.2 s) through a microphone drawn as well."""
    if rng.uniform() >= dry_chance:
        rt60_sec = float(np.exp(rng.uniform(np.log(0.1), np.log(1.2))))
        sound = convolve(sound, room_response(rng, rate_hz, rt60_sec, rng.uniform(-4, 12)))
    return convolve(sound, colour_response(rng, rate_hz)) if rng.uniform() < 0.8 else sound


def noisy(
    rng: np.random.Generator, sound: np.ndarray, rate_hz: float, snr_db: float, colour: str = ""
) -> np.ndarray:
    """The sound with noise so many dB below its mean power; a colour drawn unless given."""
    colour = colour or str(rng.choice(["white", "pink", "brown", "blue", "hum", "room"]))
    power = float(np.mean(np.square(sound))) if len(sound) else 0.0
    gain = np.sqrt(power * 10 ** (-snr_db / 10))
    out: np.ndarray = (sound + gain * noise(rng, len(sound), rate_hz, colour)).astype(np.float32)
    return out
