"""Schemathesis over the whole API, on a real server: it keeps what its description says."""

import asyncio
import sys
from pathlib import Path

import pytest

from server.config import Settings
from server.config.providers import RateLimits

pytest.importorskip("schemathesis")
pytestmark = pytest.mark.asyncio(loop_scope="module")

CONFIG = Path(__file__).with_name("schemathesis.toml")
# Of the last, each is a walk along the ids that answers name; so many take ten seconds.
EXAMPLES = {"coverage": 2, "fuzzing": 2, "stateful": 30}
SEED = 20260101


@pytest.fixture(scope="module", params=["sqlite"])
def rest_settings(request, tmp_path_factory):
    """SQLite alone: what a database refuses, other tests ask of both."""
    often = RateLimits(
        requests_per_account_per_minute=1_000_000,
        auth_per_address_per_minute=1_000_000,
        mails_per_address_per_hour=1_000_000,
    )
    return Settings(data_dir=tmp_path_factory.mktemp("api"), rate_limits=often)


@pytest.mark.parametrize(
    "phase, role", [("coverage", "student"), ("fuzzing", "teacher"), ("stateful", "student")]
)
async def test_the_api_keeps_its_description(api, phase, role, tmp_path):
    person = await api.person("Ada", role)
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", CONFIG),
        *(
            "run",
            f"{api.url}/api/openapi.json",
            "--header",
            f"Authorization: Bearer {person.token}",
        ),
        *(
            "--phases",
            phase,
            "--max-examples",
            EXAMPLES[phase],
            "--seed",
            SEED,
            "--continue-on-failure",
            "--no-color",
        ),
    ]
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()
