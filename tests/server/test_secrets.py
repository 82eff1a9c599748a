"""The server's secret, its file, and the keys made from it."""

import stat

import pytest

from server.config import Settings
from server.errors import KeyFileError, SecretError
from server.secrets import KEY_FILE, TOKENS, Secrets, new_secret

OTHERS = "0.0.0.0"


def open_in(folder, **settings):
    return Secrets.open(Settings(data_dir=folder, **settings))


def test_the_key_stays_between_starts_and_is_its_owners_alone(tmp_path):
    assert open_in(tmp_path).key(TOKENS) == open_in(tmp_path).key(TOKENS)
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_the_folder_made_for_the_key_is_its_owners_alone(tmp_path):
    open_in(tmp_path / "data")
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_a_key_that_others_can_read_is_refused(tmp_path):
    open_in(tmp_path)
    (tmp_path / KEY_FILE).chmod(0o640)
    with pytest.raises(KeyFileError, match=r"must be readable by its owner only .* got mode 0640"):
        open_in(tmp_path)


@pytest.mark.parametrize("content", ["", "abcd", "no hexadecimal at all", "é"])
def test_a_damaged_key_is_refused(tmp_path, content):
    path = tmp_path / KEY_FILE
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match=r"must be 32 bytes in hexadecimal"):
        open_in(tmp_path)


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(KeyFileError, match="cannot use the signing key"):
        open_in(tmp_path / "file" / "data")


def test_tokens_of_a_kept_file_are_signed_with_its_bytes(tmp_path):
    open_in(tmp_path)
    assert open_in(tmp_path).key(TOKENS).hex() == (tmp_path / KEY_FILE).read_text()


@pytest.mark.parametrize("secret", [None, new_secret()], ids=["kept", "given"])
def test_each_purpose_has_a_key_of_its_own(tmp_path, secret):
    one, other = (open_in(tmp_path, secret=secret) for _ in range(2))
    keys = {purpose: one.key(purpose) for purpose in (TOKENS, "totp", "mail")}
    assert {len(key) for key in keys.values()} == {32}
    assert len(set(keys.values())) == 3
    assert keys == {purpose: other.key(purpose) for purpose in keys}


def test_a_given_secret_needs_no_file_and_comes_before_one(tmp_path):
    secret = new_secret()
    alone = open_in(tmp_path, secret=secret, host=OTHERS)
    assert list(tmp_path.iterdir()) == []
    open_in(tmp_path)
    beside = open_in(tmp_path, secret=secret)
    assert beside.key(TOKENS) == alone.key(TOKENS)
    assert beside.key(TOKENS) != open_in(tmp_path).key(TOKENS)
    assert alone.key(TOKENS) != open_in(tmp_path, secret=new_secret()).key(TOKENS)


def test_keys_are_derived_as_rfc_5869_says():
    # Checked with `openssl kdf -kdfopt digest:SHA256 -kdfopt info:"etude totp" … HKDF`.
    expected = "b0d7d90309885fb107b91eda09f72a9f3e6146302941d55a3145f16a9c5d359a"
    assert Secrets(b"0123456789abcdef0123456789abcdef").key("totp").hex() == expected


@pytest.mark.parametrize(
    "settings",
    [
        {"host": OTHERS},
        {"host": "::"},
        {"host": "studio.example"},
        {"host": OTHERS, "guests": True},
        {"host": "127.0.0.1", "public_url": "https://etude.example"},
    ],
)
def test_where_others_connect_no_secret_is_made_up(tmp_path, settings):
    with pytest.raises(SecretError, match=r"set ETUDE_SECRET to what `etude secret` prints, or"):
        open_in(tmp_path / "data", **settings)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "settings",
    [
        {"host": "127.0.0.1"},
        {"host": "::1", "environment": "production"},
        {"host": OTHERS, "environment": "development"},
    ],
)
def test_for_one_person_a_secret_is_made_and_kept(tmp_path, settings):
    open_in(tmp_path, **settings)
    assert (tmp_path / KEY_FILE).exists()


def test_a_secret_kept_by_hand_serves_others(tmp_path, etude, monkeypatch):
    monkeypatch.setenv("ETUDE_DATA_DIR", str(tmp_path))
    path = tmp_path / KEY_FILE
    assert etude("secret", "--make") == (0, f"made {path}\n", "")
    kept = path.read_text()
    assert open_in(tmp_path, host=OTHERS).key(TOKENS).hex() == kept
    assert etude("secret", "--make") == (0, f"{path} is there already, and stays\n", "")
    assert path.read_text() == kept


def test_whoever_makes_a_token_has_a_secret_made_wherever_the_server_is(
    etude, monkeypatch, tmp_path
):
    monkeypatch.setenv("ETUDE_HOST", OTHERS)
    assert etude("token", "--name", "Ada")[0] == 0
    assert open_in(tmp_path / "data", host=OTHERS).key(TOKENS)


def test_a_kept_secret_is_told_to_come_second(tmp_path, etude, monkeypatch):
    monkeypatch.setenv("ETUDE_SECRET", new_secret())
    _, said, _ = etude("secret", "--make")
    assert said.endswith("; ETUDE_SECRET comes before it\n")


def test_the_command_prints_a_secret_that_is_taken(tmp_path, etude, monkeypatch):
    status, said, _ = etude("secret")
    assert (status, len(said.strip())) == (0, 64)
    assert etude("secret")[1] != said
    assert not (tmp_path / "data").exists()
    monkeypatch.setenv("ETUDE_SECRET", said.strip())
    assert etude("token")[0] == 0
    assert not (tmp_path / "data").exists()
