"""The documentation of accounts is complete."""

import re
from pathlib import Path

import pytest

from server.config.providers import RateLimits
from server.identity.audit import Event
from server.routes import auth

ROOT = Path(__file__).resolve().parent.parent.parent
ACCOUNTS = (ROOT / "docs" / "accounts.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("event", Event)
def test_every_security_event_is_told(event):
    assert f"`{event.value}`" in ACCOUNTS


@pytest.mark.parametrize("route", auth.routes(), ids=lambda route: route.path)
def test_every_route_and_refusal_is_told(route):
    path = route.path.removeprefix("/api/v1/auth/")
    assert re.search(rf"`({route.method} )?{re.escape(path)}`", ACCOUNTS)
    own = {code for codes in route.errors.values() for code in codes}
    assert own - set(re.findall(r"`(\w+)`", ACCOUNTS)) <= {"UNAUTHENTICATED", "BUSY", "CONFLICT"}


@pytest.mark.parametrize("name", RateLimits.__struct_fields__)
def test_every_limit_is_told(name):
    assert f"`{name}`" in ACCOUNTS
