"""Tokens and the key they are signed with."""

import base64
import json
import os
import subprocess
import sys

import jwt
import pytest

from server.auth import DAY_SEC, Tokens, User, local_user
from server.config import Settings
from server.errors import TokenError
from server.secrets import TOKENS, Secrets

ADA = local_user("Ada")


def open_tokens(folder):
    return Tokens(Secrets.open(Settings(data_dir=folder)).key(TOKENS))


def test_a_token_tells_whose_it_is(tmp_path):
    tokens = open_tokens(tmp_path)
    assert tokens.verify(tokens.issue(ADA, days=1)) == ADA


def test_the_same_name_is_the_same_user():
    assert local_user("Ada") == ADA
    assert local_user("Bob").id != ADA.id


def test_programs_that_start_at_once_use_one_key(tmp_path):
    command = [sys.executable, "-m", "server.cli", "token", "--name", "Ada"]
    env = {**os.environ, "ETUDE_DATA_DIR": str(tmp_path)}
    programs = [
        subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    issued = [program.communicate(timeout=60)[0].strip() for program in programs]
    assert [open_tokens(tmp_path).verify(token) for token in issued] == [ADA] * 4


def part(data):
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


def other_tokens(tokens):
    good = tokens.issue(ADA, days=1)
    head, claims, signature = good.split(".")
    forged = {**jwt.decode(good, options={"verify_signature": False}), "sub": local_user("Eve").id}
    key = b"k" * 32
    return {
        "empty": "",
        "nonsense": "nonsense",
        "cut off": good[:-3],
        "another's claims": f"{head}.{part(forged)}.{signature}",
        "alg none": f"{part({'alg': 'none', 'typ': 'JWT'})}.{claims}.",
        "another key": jwt.encode(forged, key, "HS256"),
        "another algorithm": jwt.encode(forged, key * 2, "HS512"),
        "expired": tokens.issue(ADA, days=-1 / DAY_SEC),
        "without end": jwt.encode({"sub": "u", "iss": "etude"}, tokens._key, "HS256"),
        "another issuer": jwt.encode({"sub": "u", "iss": "x", "exp": 9e9}, tokens._key, "HS256"),
        "no text": jwt.encode({"sub": 5, "iss": "etude", "exp": 9e9}, tokens._key, "HS256"),
    }


@pytest.mark.parametrize("kind", list(other_tokens(Tokens(b"0" * 32))))
def test_any_other_token_is_refused(tmp_path, kind):
    tokens = open_tokens(tmp_path)
    with pytest.raises(TokenError) as caught:
        tokens.verify(other_tokens(tokens)[kind])
    assert ("expired" in str(caught.value)) == (kind == "expired")


def test_the_command_prints_a_token_of_this_server(tmp_path):
    command = [sys.executable, "-m", "server.cli", "token", "--name", "Ada", "--days", "2"]
    env = {**os.environ, "ETUDE_DATA_DIR": str(tmp_path)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert open_tokens(tmp_path).verify(done.stdout.strip()) == User(ADA.id, "Ada")
