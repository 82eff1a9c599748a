"""The core's own exp and log beside the library's, and beside their twins in Python."""

import math
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from engine.reference_math import exact_exp, exact_log, exact_log1p

SOURCES = Path(__file__).resolve().parents[2] / "native" / "src"

PRINTS = """
#include "exact_math.h"
#include <stdio.h>
int main(void)
{
    double x;
    while (scanf("%lf", &x) == 1)
        printf("%a %a %a\\n", exact_exp(x), exact_log(fabs(x) + 1e-9), exact_log1p(fabs(x)));
    return 0;
}
"""

EDGES = [0.0, -0.0, 1.0, math.log(2) / 2, 1e-9, 700.0, 1e4, -1e4, 2.0**0.5, 1e12]
XS = [*EDGES, *np.random.default_rng(1).normal(0, 20, 500)]


@pytest.mark.parametrize("x", np.linspace(-600, 600, 97))
def test_exp_is_that_of_the_library(x):
    assert exact_exp(x) == pytest.approx(math.exp(x), rel=1e-11)


@pytest.mark.parametrize("x", np.geomspace(1e-290, 1e290, 97))
def test_log_is_that_of_the_library(x):
    assert exact_log(x) == pytest.approx(math.log(x), rel=1e-11, abs=1e-11)


def test_log1p_is_exact_for_nothing():
    assert exact_log1p(0.0) == 0.0
    assert exact_exp(0.0) == 1.0


def test_beyond_the_limits_exp_is_held():
    assert exact_exp(1e9) == exact_exp(700.0)
    assert exact_exp(-1e9) == exact_exp(-700.0)


@pytest.mark.parametrize("flags", [["-O0"], ["-O3", "-march=native", "-ffp-contract=off"]])
@pytest.mark.skipif(not shutil.which("gcc"), reason="gcc is not installed")
def test_c_and_python_agree_to_the_last_bit_however_compiled(tmp_path, flags):
    source, program = tmp_path / "prints.c", tmp_path / "prints"
    source.write_text(PRINTS)
    subprocess.run(
        ["gcc", "-std=c11", *flags, f"-I{SOURCES}", source, "-o", program, "-lm"], check=True
    )
    told = subprocess.run(
        [program], input="\n".join(float(x).hex() for x in XS), text=True, capture_output=True
    )
    for x, line in zip(XS, told.stdout.splitlines(), strict=True):
        found = [float.fromhex(value) for value in line.split()]
        assert found == [exact_exp(x), exact_log(abs(x) + 1e-9), exact_log1p(abs(x))], x
