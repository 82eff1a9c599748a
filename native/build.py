"""Builds ``native._core`` from ``src``: the declarations are read from the headers of the contract,
so header and binding cannot disagree."""

import os
import re
from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parent
SOURCES = sorted((ROOT / "src").glob("*.c"))
HEADERS = [ROOT / "src" / name for name in ("core.h", "core_sync.h")]
LIMITED_API = 0x030B0000  # Python 3.11, the oldest supported


def declarations(header: str) -> str:
    """What lies between the CFFI marks of the header, without preprocessor lines."""
    body = header.split("/* CFFI-BEGIN */", 1)[1].split("/* CFFI-END */", 1)[0]
    return re.sub(r"^\s*#(?!define \w+ -?\d).*$", "", body, flags=re.MULTILINE)


ffibuilder = FFI()
for header in HEADERS:
    ffibuilder.cdef(declarations(header.read_text(encoding="utf-8")))
ffibuilder.set_source(
    "native._core",
    "\n".join(f'#include "{header.name}"' for header in HEADERS),
    sources=[os.path.relpath(path, ROOT.parent) for path in SOURCES],
    include_dirs=[os.path.relpath(ROOT / "src", ROOT.parent)],
    extra_compile_args=[
        "-O3",
        "-std=c11",
        "-Wall",
        "-Wextra",
        "-fno-math-errno",
        "-ffp-contract=off",  # a fused multiply-add rounds otherwise: the same bits everywhere
        "-fvisibility=hidden",
    ],
    libraries=["m"],
    define_macros=[("Py_LIMITED_API", hex(LIMITED_API))],
    py_limited_api=True,
)

if __name__ == "__main__":
    ffibuilder.compile(verbose=True)
