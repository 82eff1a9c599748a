"""Where settings come from, which source counts, and what is refused."""

import json
import os

import pytest

from server.config import load, load_settings
from server.config.loading import export_other_variables
from server.config.sources import OTHER_VARIABLES
from server.errors import ConfigError
from server.secrets import new_secret

APPLE_KEY = "-----BEGIN PRIVATE KEY-----\\nMIGT…\\n-----END PRIVATE KEY-----"
OIDC = {"name": "auth0", "issuer": "https://etude.auth0.com/", "audience": "etude"}
OPAQUE = {"name": "school", "profile_url": "https://school.example/me"}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A working directory and a configuration folder without files, and no variable of ours."""
    for name in os.environ:
        if name.startswith("ETUDE_") or name in ("PORT", "DATABASE_URL", "REDIS_URL"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    (tmp_path / "home" / "etude").mkdir(parents=True)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def refusal(**overrides):
    with pytest.raises(ConfigError) as caught:
        load(**overrides)
    return str(caught.value)


def test_each_source_comes_before_the_next(folder, monkeypatch):
    def port():
        loaded = load()
        return loaded.settings.port, loaded.source("port")

    assert port() == (8000, "default")
    (folder.parent / "home" / "etude" / "etude.toml").write_text("port = 1")
    assert port() == (1, str(folder.parent / "home" / "etude" / "etude.toml"))
    (folder / "etude.toml").write_text("port = 2")
    assert port() == (2, "etude.toml")
    (folder / "other.toml").write_text("port = 3")
    monkeypatch.setenv("ETUDE_CONFIG", "other.toml")
    assert port() == (3, "other.toml")
    (folder / ".env").write_text("PORT=4")
    assert port() == (4, "PORT in .env")
    (folder / ".env").write_text("PORT=4\nETUDE_PORT=5")
    assert port() == (5, "ETUDE_PORT in .env")
    monkeypatch.setenv("PORT", "6")
    assert port() == (6, "PORT")
    monkeypatch.setenv("ETUDE_PORT", "7")
    assert port() == (7, "ETUDE_PORT")
    loaded = load(port=8, host=None)
    assert (loaded.settings.port, loaded.source("port")) == (8, "command line")
    assert loaded.source("host") == "default"


@pytest.mark.parametrize(
    ("variable", "value", "setting"),
    [
        ("PORT", "5000", "port"),
        ("DATABASE_URL", "postgres://u:p@db.example/etude?sslmode=require", "database_url"),
        ("REDIS_URL", "rediss://:p@redis.example:6380/0", "redis_url"),
        ("SECRET_KEY", "9f8c3a51d27e4b60a1c5f7e2d8b94036", "secret"),
        ("SMTP_URL", "smtps://u:p@mail.example", "mail_url"),
        ("MAIL_FROM", "Etude <etude@etude.example>", "mail_from"),
        ("RENDER_EXTERNAL_URL", "https://etude.example", "public_url"),
    ],
)
def test_names_of_hosting_platforms_are_understood(monkeypatch, variable, value, setting):
    monkeypatch.setenv(variable, value)
    loaded = load()
    assert str(getattr(loaded.settings, setting)) == value
    assert loaded.source(setting) == variable


def test_a_variable_without_text_is_not_set(folder, monkeypatch):
    (folder / ".env").write_text("PORT=\nETUDE_HOST=::1")
    monkeypatch.setenv("ETUDE_HOST", "")
    assert (load_settings().port, load_settings().host) == (8000, "::1")


def test_an_env_file_may_quote_comment_and_refer(folder):
    (folder / ".env").write_text(
        "# a comment\nexport ETUDE_HOST='::1'  # this machine\nNAME=etude\n"
        'ETUDE_DATABASE_URL="postgresql://${NAME}@db/${NAME}"\nDJANGO_DEBUG=1\n'
    )
    settings = load_settings()
    assert (settings.host, settings.database_url) == ("::1", "postgresql://etude@db/etude")


def test_an_env_file_may_be_elsewhere_and_name_the_toml_file(folder, monkeypatch):
    (folder / "secrets.env").write_text("ETUDE_CONFIG=here.toml")
    (folder / "here.toml").write_text('host = "::1"')
    monkeypatch.setenv("ETUDE_ENV_FILE", "secrets.env")
    assert load().source("host") == "here.toml"


def test_what_is_no_setting_reaches_the_environment_from_an_env_file(folder, monkeypatch):
    for name in OTHER_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ETUDE_MIDI_API", "alsa")
    monkeypatch.setenv("ETUDE_SPOTIFY_TOKEN", "")  # so that monkeypatch puts it back
    monkeypatch.delenv("ETUDE_SPOTIFY_TOKEN")
    (folder / ".env").write_text("ETUDE_MIDI_API=jack\nETUDE_SPOTIFY_TOKEN=abc\nOTHER=1\nPORT=5")
    export_other_variables()
    assert (os.environ["ETUDE_MIDI_API"], os.environ["ETUDE_SPOTIFY_TOKEN"]) == ("alsa", "abc")
    assert "OTHER" not in os.environ
    assert "PORT" not in os.environ


def test_tables_and_variables_are_put_together(folder, monkeypatch):
    (folder / "etude.toml").write_text(
        'origins = ["https://a.example"]\n[rate_limits]\nmails_per_email_per_hour = 2\n'
        '[oauth.google]\nclient_id = "g"\n[oauth.github]\nclient_id = "h"\nclient_secret = "s"\n'
    )
    monkeypatch.setenv("ETUDE_OAUTH_GOOGLE_CLIENT_SECRET", "from the environment")
    loaded = load()
    settings = loaded.settings
    assert settings.origins == ("https://a.example",)
    assert settings.rate_limits.mails_per_email_per_hour == 2
    assert settings.rate_limits.auth_per_address_per_minute == 300
    google = settings.oauth.google
    assert (google.client_id, google.client_secret) == ("g", "from the environment")
    assert google.issuer == "https://accounts.google.com"
    assert settings.oauth.github.profile_url == "https://api.github.com/user"
    assert settings.oauth.apple is None
    assert loaded.source("oauth.google.client_id") == "etude.toml"
    assert loaded.source("oauth.google.client_secret") == "ETUDE_OAUTH_GOOGLE_CLIENT_SECRET"


def test_a_key_of_many_lines_fits_into_a_variable(monkeypatch):
    given = {"CLIENT_ID": "c", "TEAM_ID": "t", "KEY_ID": "k", "PRIVATE_KEY": APPLE_KEY}
    for name, value in given.items():
        monkeypatch.setenv(f"ETUDE_OAUTH_APPLE_{name}", value)
    assert load_settings().oauth.apple.private_key.count("\n") == 2


def test_lists_of_tables_are_json_in_variables(folder, monkeypatch):
    (folder / "etude.toml").write_text(
        "[[opaque]]\n" + "\n".join(f'{name} = "{value}"' for name, value in OPAQUE.items())
    )
    monkeypatch.setenv("ETUDE_OIDC", json.dumps([OIDC]))
    settings = load_settings()
    assert (settings.oidc[0].issuer, settings.oidc[0].jwks_url) == (OIDC["issuer"], None)
    assert (settings.opaque[0].name, settings.opaque[0].subject_field) == ("school", "sub")


def test_a_tilde_is_the_users_home(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    (folder / "Music").mkdir()
    (folder / "etude.toml").write_text('music = "~/Music"\ndata_dir = "~/data"')
    settings = load_settings()
    assert (settings.music, settings.data_dir) == (folder / "Music", folder / "data")


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("prot = 1", "etude.toml: there is no setting prot: did you mean port?"),
        ("x = 1", "etude.toml: there is no setting x; `etude config` lists them all"),
        (
            "[rate_limit]\nx = 1",
            "etude.toml: there is no setting rate_limit: did you mean rate_limits?",
        ),
        (
            '[oauth.google]\nclient = "x"',
            "etude.toml: there is no setting oauth.google.client: did you mean client_id?",
        ),
        (
            '[oauth.gogle]\nclient_id = "x"',
            "etude.toml: there is no setting oauth.gogle: did you mean google?",
        ),
        ("oauth = 3", "etude.toml: oauth: expected a table [oauth], got 3"),
        ("port = 70000", "port: expected a whole number from 0 to 65535, got 70000 (etude.toml)"),
        ("port = [1]", "port: expected a whole number from 0 to 65535, got [1] (etude.toml)"),
        ("host = 5", "host: expected text, got 5 (etude.toml)"),
        (
            'environment = "test"',
            "environment: expected one of development, production, got 'test'",
        ),
        ('[oauth.google]\nclient_id = "x"', "oauth.google.client_secret is missing"),
        (
            '[oauth.github]\nclient_id="x"\nclient_secret="y"\ntoken_url="http://a.example"',
            "oauth.github.token_url: expected https://…, or http:// on this machine, got 'http://a",
        ),
        ("port = ", "etude.toml is no TOML: Invalid value (at end of document)"),
        ("[[oidc]]\nname = 'a'", "oidc[0].issuer is missing (etude.toml)"),
        ("[[oidc]]\nnam = 'a'", "oidc[0].nam: there is no such field here; there are: "),
        (
            "[[opaque]]\nname = 'A b'\nprofile_url = 'https://a.example'",
            "opaque[0].name: expected",
        ),
    ],
)
def test_a_wrong_file_is_told_with_its_place_and_rule(folder, toml, message):
    (folder / "etude.toml").write_text(toml)
    assert refusal().startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ETUDE_PROT=1", ".env: there is no setting ETUDE_PROT: did you mean ETUDE_PORT?"),
        (
            "ETUDE_PORT=x",
            "port: expected a whole number from 0 to 65535, got 'x' (ETUDE_PORT in .env)",
        ),
        ("PORT=1\nETUDE_HOST='::1\n", ".env: expected lines like NAME=value, got one that begins"),
        ("ETUDE_OIDC={", "oidc: expected JSON in ETUDE_OIDC in .env: Input data was truncated"),
        ("ETUDE_OIDC={}", "oidc: expected a list, got {} (ETUDE_OIDC in .env)"),
    ],
)
def test_a_wrong_env_file_is_told_with_its_place_and_rule(folder, text, message):
    (folder / ".env").write_text(text)
    assert refusal().startswith(message)


@pytest.mark.parametrize("variable", ["ETUDE_CONFIG", "ETUDE_ENV_FILE"])
def test_a_file_that_is_named_must_be_there_and_text(folder, monkeypatch, variable):
    monkeypatch.setenv(variable, "file")
    assert refusal() == "the file file cannot be read: No such file or directory"
    (folder / "file").write_bytes(b"host = '\xff'")
    assert refusal() == "the file file cannot be read: it is not UTF-8"


def test_no_error_shows_a_secret_or_a_password(monkeypatch):
    monkeypatch.setenv("ETUDE_SECRET", "hunter2")
    assert refusal() == "secret: expected at least 32 random characters (ETUDE_SECRET)"
    monkeypatch.setenv("ETUDE_SECRET", new_secret())
    monkeypatch.setenv("REDIS_URL", "http://user:hunter2@redis.example")
    assert refusal() == (
        "redis_url: expected an address like redis://host, got 'http://user:…@redis.example' "
        "(REDIS_URL)"
    )


def test_a_name_stands_for_one_provider(monkeypatch):
    monkeypatch.setenv("ETUDE_OIDC", json.dumps([OIDC]))
    monkeypatch.setenv("ETUDE_OPAQUE", json.dumps([{**OPAQUE, "name": "auth0"}]))
    assert refusal() == "oauth, oidc, opaque: expected each name once, got 'auth0' twice"


@pytest.mark.parametrize(
    ("settings", "environment", "lets_guests_in"),
    [
        ({}, "development", True),
        ({"host": "localhost"}, "development", True),
        ({"host": "0.0.0.0"}, "production", False),
        ({"public_url": "https://etude.example"}, "production", False),
        ({"public_url": "http://localhost:8000"}, "development", True),
        ({"environment": "production"}, "production", True),
        ({"host": "0.0.0.0", "environment": "development"}, "development", False),
    ],
)
def test_where_others_connect_is_production(settings, environment, lets_guests_in):
    found = load_settings(**settings)
    assert (found.environment, found.allows_guests) == (environment, lets_guests_in)
    assert found.is_development is (environment == "development")
