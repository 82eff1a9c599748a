"""What a secret, an address and a key must be like, and what is shown of them."""

import base64
import os
import secrets

import pytest

from server.config import kinds
from server.config.kinds import HIDDEN, Secret, without_password


@pytest.mark.parametrize(
    "make",
    [
        lambda: secrets.token_hex(16),
        lambda: secrets.token_hex(32),
        lambda: secrets.token_urlsafe(32),
        lambda: base64.b64encode(os.urandom(32)).decode(),
    ],
)
def test_random_text_is_a_secret(make):
    for _ in range(200):
        Secret(make())


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "at least 32"),
        (secrets.token_hex(15) + "a", "at least 32"),
        ("a" * 64, "repeat themselves"),
        ("0123456789" * 4, "repeat themselves"),
        ("abababababcdcdcdcdcdcdababababab", "repeat themselves"),
        ("your-secret-key-here-0123456789-abcdef", "not words like 'secret'"),
        ("please CHANGE me before production 42", "not words like 'change'"),
        (5, "expected text"),
    ],
)
def test_what_a_person_makes_up_is_no_secret(text, rule):
    with pytest.raises(ValueError, match=rule) as caught:
        Secret(text)
    assert str(text) == "" or str(text) not in str(caught.value)


def test_a_secret_does_not_show_itself():
    secret = Secret(secrets.token_hex(32))
    assert repr([secret]) == f"[{HIDDEN}]"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (kinds.WebUrl, "http://192.168.1.5:8000"),
        (kinds.WebUrl, "https://example.org/etude"),
        (kinds.SafeUrl, "https://example.org/a?b=c"),
        (kinds.SafeUrl, "http://127.0.0.1:8000/token"),
        (kinds.SafeUrl, "http://[::1]/token"),
        (kinds.RedisUrl, "redis://localhost"),
        (kinds.RedisUrl, "unix:///run/redis.sock"),
        (kinds.MailUrl, "smtp://user:p%40ss@mail.example:587"),
        (kinds.FilesUrl, "s3://bucket"),
        (kinds.FilesUrl, "file:///srv/etude"),
        (kinds.MailAddress, "etude@localhost"),
        (kinds.MailAddress, "Étude <etude@etude.example>"),
        (kinds.PemKey, "-----BEGIN PRIVATE KEY-----\nx"),
    ],
)
def test_addresses_are_taken_as_they_are(kind, text):
    assert kind(text) == text


def test_a_slash_at_the_end_of_a_site_goes():
    assert kinds.WebUrl("https://etude.example/") == "https://etude.example"


@pytest.mark.parametrize(
    ("kind", "text", "rule"),
    [
        (kinds.WebUrl, "etude.example", "expected an address like https://host"),
        (kinds.WebUrl, "ftp://etude.example", "expected an address like https://host"),
        (kinds.WebUrl, "https://", "expected an address like https://host"),
        (kinds.WebUrl, "https://etude.example:port", "expected an address like https://host"),
        (kinds.WebUrl, "https://etude.example/?a=b", "without anything after it"),
        (kinds.WebUrl, "https://user@etude.example", "without anything after it"),
        (kinds.SafeUrl, "http://example.org", "expected https://…, or http:// on this machine"),
        (kinds.SafeUrl, "http://localhost.example", "expected https://…"),
        (kinds.RedisUrl, "localhost:6379", "expected an address like redis://host"),
        (kinds.MailUrl, "mail.example", "expected an address like smtps://host"),
        (kinds.FilesUrl, "bucket", "expected an address like s3://bucket/folder"),
        (kinds.MailAddress, "etude", "expected an address like Etude <etude@host>"),
        (kinds.MailAddress, "a@b\nBcc: c@d", "expected an address like Etude <etude@host>"),
        (kinds.PemKey, "/run/secrets/apple.p8", "expected the text of a key"),
    ],
)
def test_other_texts_are_refused_with_the_rule(kind, text, rule):
    with pytest.raises(ValueError, match=rule.replace("(", r"\(")):
        kind(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://etude:pass@db/etude", "postgresql://etude:…@db/etude"),
        ("postgresql://etude:p:a@s@db/etude", "postgresql://etude:…@db/etude"),
        ("redis://:pass@host:6379/0", "redis://:…@host:6379/0"),
        ("postgresql:///etude?user=a&password=b&x=c", "postgresql:///etude?user=a&password=…&x=c"),
        ("s3://b?aws_secret_access_key=k", "s3://b?aws_secret_access_key=…"),
        ("https://host/a@b:c", "https://host/a@b:c"),
        ("sqlite:////srv/etude.db", "sqlite:////srv/etude.db"),
    ],
)
def test_addresses_are_shown_without_their_passwords(text, shown):
    assert without_password(text) == shown


@pytest.mark.parametrize("kind", [kinds.RedisUrl, kinds.MailUrl])
def test_addresses_of_services_do_not_show_passwords(kind):
    scheme = {kinds.RedisUrl: "redis", kinds.MailUrl: "smtp"}[kind]
    assert "hunter2" not in repr([kind(f"{scheme}://u:hunter2@host")])
