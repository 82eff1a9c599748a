"""The sample packages that training uses: pinned, checked, with their licences."""

import base64
import hashlib
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SALAMANDER = "Salamander Grand Piano V3, A. Holm: CC BY 3.0 (package code MIT)"
TONEJS = "tonejs-instruments samples, N. Brosowsky: CC BY 3.0 (package code MIT)"


class PackageError(Exception):
    """A sample package could not be had as pinned."""


@dataclass(frozen=True)
class Package:
    """One npm package of single notes.

    Attributes
    ----------
    instrument : str
        What is heard.
    layer : int
        Which of the instrument's velocity layers, the softest first; 0 where there is one.
    name, version, integrity : str
        As the registry has them; integrity is the tarball's SHA-512 in base64.
    licence : str
        Of the samples, and whose they are.
    """

    instrument: str
    layer: int
    name: str
    version: str
    integrity: str
    licence: str


def _piano(layer: int, integrity: str) -> Package:
    name = f"@audio-samples/piano-mp3-velocity{layer}"
    return Package("piano", layer, name, "1.0.5", integrity, SALAMANDER)


def _tonejs(instrument: str, version: str, integrity: str) -> Package:
    return Package(instrument, 0, f"tonejs-instrument-{instrument}-mp3", version, integrity, TONEJS)


PACKAGES = (
    _piano(
        2,
        "XfsAUnUO0oHz+le7O2/aEYegVHzrnc/NP5VKuAg+D1rFp6jdENvv8qCg4p3b9zyODSAHGwqXpob84l4jo7KM+g==",
    ),
    _piano(
        5,
        "58FMvTIh9C0ufjZLvDzyJnltN+dxiZ7695THmw7WxONK2OZmmlB4PPP59wXV9KVIYNrR9T/p/kJPIvwys+8URw==",
    ),
    _piano(
        7,
        "+1oEkd1dCyndLYDoMGH8ZWIoXymfu3oBLr/poqCjd+XqGeWuP7P+KC0EV1dj5mIuoZGbCcixqBf4rI0pIhOMWQ==",
    ),
    _piano(
        10,
        "ut8UnuZ1vOEd/xR3E/twTLPmPgr62n87XnI3o6ibLuZgL6SRK+dahkzp2B2HGHlkl7CenRhd/naYEjIB5mGDXQ==",
    ),
    _piano(
        13,
        "DzhPdnjYxs8pnXo6O0vx7S6LSltVvUPz78hXmRNEiVjEfUiPQv10n/3BLTqKzOGig+VP4FnRkae98EOdlj4UWw==",
    ),
    _piano(
        15,
        "6IRqaAla7tThudvQf8pYEqg+9cELbi8YK5QmLBddFvCDHA2xl0DoKJUYMmxFeue45ZNEDUpzkREdr+IxtDC5ng==",
    ),
    _tonejs(
        "violin",
        "1.1.1",
        "uTZ87W4COhfDR16x4HTcX9fudOpRDGlIi4fSMCF7CI1VoyhQ19n1i5wj3pdH9QbkFncXhLBab+eP3xq+Le4q2A==",
    ),
    _tonejs(
        "cello",
        "1.1.1",
        "d9kSOJL5DEBFPnCovfEGkVPMnlEJmzGShbvJc+Ntpij8TMyX2DJ+2vVvdxheWMJg7j8uljO3aF2j+vnSunX+hg==",
    ),
    _tonejs(
        "flute",
        "1.1.2",
        "Uao4DCUYMjAiQHVDryjDT/hIn/zkVGNETwlyrojTGGVZhKBVv/2TzRFq8m/5H8Qj7OLUuBXTPYW1pQFfOj67Jg==",
    ),
    _tonejs(
        "clarinet",
        "1.1.2",
        "q88NKOFrIQ8ZuOyyAxCJQQLEN3VrPClFrb5VZNwfiD155rMCL+duc7To0wvArD1lxEBu5AXGv6Z44G4AKuc4Wg==",
    ),
    _tonejs(
        "guitar-acoustic",
        "1.1.2",
        "+24Jd7q2IVeR+y0yxB9oaujXFv/1gpfzbbLn3FZBQ6Fw0AWDO1CI8qM0l4YCN/4w60/cZMIT5laQ3PYB/ZN6jQ==",
    ),
    _tonejs(
        "guitar-nylon",
        "1.1.1",
        "HXSTXWo+vXY9J20xoq4Z9gYpy6loZT0uj/WRzkMU5UP7WKjZC5pz0nQtDm2ySrtC9LpiGneSrX550a1FziUScw==",
    ),
    _tonejs(
        "guitar-electric",
        "1.1.1",
        "DMA0dq6KI5lMA3Eo32kbKfMKgtDwWCNzXnlzhh+p5KTsY+84ySCsSbpeVU66wqcdXEOp+7zPvRzb0GorMDvP5A==",
    ),
    _tonejs(
        "bass-electric",
        "1.1.2",
        "S/dDtLMnyfS4+izpBAZBwHHKwJ2j6lOy+h6iFxQlQETUeHomtvTuQxs/UR8VYpQ7FEAeYgFVdjE1LPpeI3wL/w==",
    ),
    _tonejs(
        "harp",
        "1.1.1",
        "6WGOpdjYu8ak1Pu3FXNtpEFGHMXSBEyjIwRKpjrjzo7CAJqyVQzUC1eSH1MXMPujpCwl5iUyKmft6p2DEc40tg==",
    ),
    _tonejs(
        "french-horn",
        "1.1.2",
        "Qz5OebzWYpc4ape2kNKvIzYsLFVJWN63zeoVGvOw65p9cs5AtAGt+OeMqwoH6XI+v8SxP0gI7qJ8kMrYUqzgGQ==",
    ),
    _tonejs(
        "trombone",
        "1.1.2",
        "A3yww4+t5JctTYT5wTrJSy//XnjaMvIcqfh7FkToHjnTU+lN9lQvL8RgYnS3RgmC4NSwAJSpdEoFwuiVgRgT/w==",
    ),
    _tonejs(
        "tuba",
        "1.1.2",
        "3gq11wzrN3Uthz/sk9gSkUTflRUgJ9ORyZwKTConw2BaXFVORWQWR0w7xzW1SdF2jq10jwnmjk0ZqMjSpa8Z2g==",
    ),
    _tonejs(
        "organ",
        "1.1.1",
        "n9rk1+bglzlQMjMijYQGB5upSTnMuX2ufQOszviqSm4LyM3RgdNIRX485lPKaLL737+Z9nwQYFPlrBAfkRB6kw==",
    ),
    _tonejs(
        "harmonium",
        "1.1.1",
        "86HYt62dzLUL5fXPzWb4hTiU4Q+k+H9lIDrkxhppuDX3Uq3oSgMG+HC+4pDmOCTpEj5EIcdLYlNVQeVUMGvROw==",
    ),
    _tonejs(
        "xylophone",
        "1.1.2",
        "ttTMFItdoFg7lHk2qnJPhmKHKp33zPqqyJ6DdeH9s+Xnu+RJz0v9GtqWavfwUeFbas0Gz7Eo5hw4XWT+O7ZgvQ==",
    ),
)


def digest(path: Path) -> str:
    """The SHA-512 of a file, in base64 as npm writes it."""
    return base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode("ascii")


def fetch(package: Package, folder: Path) -> Path:
    """The package's tarball, packed by npm unless it is there, and checked.

    Raises
    ------
    PackageError
        If npm is missing or fails, or the tarball is not the pinned one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stem = package.name.removeprefix("@").replace("/", "-")
    path = folder / f"{stem}-{package.version}.tgz"
    if not path.exists():
        _pack(package, folder)
    if digest(path) != package.integrity:
        raise PackageError(f"{path} must have the pinned SHA-512, got {digest(path)}")
    return path


def _pack(package: Package, folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise PackageError("npm must be installed to fetch the sample packages")
    command = [npm, "pack", "--silent", f"{package.name}@{package.version}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PackageError(f"npm pack {package.name}@{package.version}: {done.stderr.strip()}")
