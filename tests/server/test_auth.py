"""Tokens and the key they are signed with."""

import base64
import json
import os
import stat
import subprocess
import sys

import jwt
import pytest

from server.auth import DAY_SEC, KEY_FILE, Tokens, User, local_user
from server.errors import KeyFileError, TokenError

ADA = local_user("Ada")


def test_a_token_tells_whose_it_is(tmp_path):
    tokens = Tokens.open(tmp_path)
    assert tokens.verify(tokens.issue(ADA, days=1)) == ADA


def test_the_same_name_is_the_same_user():
    assert local_user("Ada") == ADA
    assert local_user("Bob").id != ADA.id


def test_the_key_stays_between_starts_and_is_its_owners_alone(tmp_path):
    token = Tokens.open(tmp_path).issue(ADA, days=1)
    assert Tokens.open(tmp_path).verify(token) == ADA
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_the_folder_made_for_the_key_is_its_owners_alone(tmp_path):
    Tokens.open(tmp_path / "data")
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_a_key_that_others_can_read_is_refused(tmp_path):
    Tokens.open(tmp_path)
    (tmp_path / KEY_FILE).chmod(0o640)
    with pytest.raises(KeyFileError, match=r"must be readable by its owner only .* got mode 0640"):
        Tokens.open(tmp_path)


@pytest.mark.parametrize("content", ["", "abcd", "no hexadecimal at all"])
def test_a_damaged_key_is_refused(tmp_path, content):
    path = tmp_path / KEY_FILE
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match=r"must be 32 bytes in hexadecimal"):
        Tokens.open(tmp_path)


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(KeyFileError, match="cannot use the signing key"):
        Tokens.open(tmp_path / "file" / "data")


def test_programs_that_start_at_once_use_one_key(tmp_path):
    command = [sys.executable, "-m", "server.cli", "token", "--name", "Ada"]
    env = {**os.environ, "ETUDE_DATA_DIR": str(tmp_path)}
    programs = [
        subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    issued = [program.communicate(timeout=60)[0].strip() for program in programs]
    assert [Tokens.open(tmp_path).verify(token) for token in issued] == [ADA] * 4


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
    tokens = Tokens.open(tmp_path)
    with pytest.raises(TokenError) as caught:
        tokens.verify(other_tokens(tokens)[kind])
    assert ("expired" in str(caught.value)) == (kind == "expired")


def test_the_command_prints_a_token_of_this_server(tmp_path):
    command = [sys.executable, "-m", "server.cli", "token", "--name", "Ada", "--days", "2"]
    env = {**os.environ, "ETUDE_DATA_DIR": str(tmp_path)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert Tokens.open(tmp_path).verify(done.stdout.strip()) == User(ADA.id, "Ada")
