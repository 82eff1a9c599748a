"""``etude config``, the example file and the reference: complete, true, and silent on secrets."""

import json
import os
import re
import sys
import tomllib
from pathlib import Path

import pytest

from server.config import Settings, load
from server.config.declared import declared, value_at
from server.config.reference import markdown
from server.config.settings import PARTS
from server.config.showing import example_toml
from server.config.sources import OTHER_VARIABLES
from server.secrets import new_secret

ROOT = Path(__file__).resolve().parents[2]
HIDDEN_VALUES = {
    "secret": new_secret(),
    "oauth.google.client_secret": "google's",
    "oauth.github.client_secret": "github's",
    "oauth.apple.private_key": "-----BEGIN PRIVATE KEY-----",
}


def names():
    return list(declared())


def test_the_reference_is_what_the_code_says():
    written = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert markdown() + "\n" == written, (
        "run: python -m server.config.reference > docs/configuration.md"
    )


def test_every_setting_and_variable_is_in_the_reference():
    written = markdown()
    for setting in declared().values():
        assert f"| `{setting.path}` |" in written
        assert all(f"`{name}`" in written for name in setting.variables[1:])
    assert all(f"| `{name}` |" in written for name in OTHER_VARIABLES)


def test_every_variable_that_the_code_reads_is_a_known_one():
    known = {name for setting in declared().values() for name in setting.variables}
    known |= OTHER_VARIABLES.keys()
    texts = [
        path.read_text() for top in ("engine", "server") for path in (ROOT / top).rglob("*.py")
    ]
    texts += [path.read_text() for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))]
    used = {name for text in texts for name in re.findall(r"\bETUDE_[A-Z_]*[A-Z]\b", text)}
    assert used - known == set()


def test_every_setting_has_a_part_a_meaning_and_names_of_its_own():
    settings = declared().values()
    assert all(one.part and one.meaning.endswith((".", "?")) for one in settings)
    variables = [name for one in settings for name in one.variables]
    assert len(set(variables)) == len(variables)
    assert all(any(name == p or p.startswith(f"{name}.") for p in declared()) for name in PARTS)


def test_the_table_has_every_setting_and_where_it_came_from(etude, monkeypatch):
    monkeypatch.setenv("PORT", "9000")
    status, said, complaints = etude("config")
    assert (status, complaints) == (0, "")
    rows = {line.split()[0]: line for line in said.splitlines() if line.strip()}
    assert rows.keys() >= set(names())
    assert re.match(r"port +9000 +PORT +ETUDE_PORT, PORT +Port; 0 takes", rows["port"])
    assert re.match(r"host +127.0.0.1 +default +ETUDE_HOST ", rows["host"])


def test_a_narrow_terminal_has_a_paragraph_for_each(etude, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("PORT", "9000")
    status, said, _ = etude("config")
    assert (status, max(map(len, said.splitlines()))) == (0, 80)
    assert "port = 9000 (PORT)\n    Port; 0 takes any free one. ETUDE_PORT, PORT" in said
    assert all(f"\n{name} = " in said for name in names())


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_no_secret_and_no_password_is_shown(etude, monkeypatch, options):
    secret = new_secret()
    monkeypatch.setenv("ETUDE_SECRET", secret)
    monkeypatch.setenv("DATABASE_URL", "postgresql://etude:hunter2@db/etude")
    monkeypatch.setenv("ETUDE_MAIL_URL", "smtp://etude:hunter2@mail.example")
    monkeypatch.setenv("ETUDE_OAUTH_GITHUB_CLIENT_ID", "Iv1")
    monkeypatch.setenv("ETUDE_OAUTH_GITHUB_CLIENT_SECRET", "hunter2")
    _, said, _ = etude("config", *options)
    assert "hunter2" not in said
    assert secret not in said
    assert "postgresql://etude:…@db/etude" in said
    assert said.count("(hidden)") == 2


def test_programs_get_json(etude, monkeypatch):
    monkeypatch.setenv("ETUDE_ORIGINS", "https://a.example https://b.example")
    monkeypatch.setenv("ETUDE_OPAQUE", '[{"name": "a", "profile_url": "https://a.example/me"}]')
    said = {one["name"]: one for one in json.loads(etude("config", "--json")[1])}
    assert list(said) == names()
    assert said["origins"] == {
        "part": PARTS["host"],
        "name": "origins",
        "value": ["https://a.example", "https://b.example"],
        "source": "ETUDE_ORIGINS",
        "variables": ["ETUDE_ORIGINS"],
        "meaning": declared()["origins"].meaning,
    }
    assert said["opaque"]["value"][0]["profile_url"] == "https://a.example/me"
    assert said["secret"]["value"] is None
    assert said["session_timeout_hours"]["value"] == 4.0


def test_a_variable_that_is_none_of_ours_is_pointed_out(etude, monkeypatch):
    monkeypatch.setenv("ETUDE_PROT", "9000")
    status, _, complaints = etude("config")
    assert status == 0
    assert (
        "etude: the environment: there is no setting ETUDE_PROT: did you mean ETUDE_PORT?\n"
        in complaints
    )


def test_a_wrong_setting_is_one_line(etude, monkeypatch):
    monkeypatch.setenv("PORT", "http")
    assert etude("config") == (
        1,
        "",
        "etude: port: expected a whole number from 0 to 65535, got 'http' (PORT)\n",
    )


def test_the_example_changes_nothing_as_it_is(etude, monkeypatch, tmp_path):
    path = tmp_path / "etude.toml"
    path.write_text(etude("config", "--example")[1])
    monkeypatch.setenv("ETUDE_CONFIG", str(path))
    assert load().sources.keys() == {"data_dir"}  # what all tests are told


def test_the_example_taken_at_its_word_is_valid_and_complete(monkeypatch, tmp_path):
    text = re.sub(r"^#(?=[a-z\[])", "", example_toml(), flags=re.MULTILINE)
    music = tmp_path / "music"
    music.mkdir()
    text = text.replace("/srv/music", str(music))
    for path, value in HIDDEN_VALUES.items():
        name, table = path.rpartition(".")[2], path.rpartition(".")[0]
        at = text.index(f"[{table}]") if table else 0
        text = text[:at] + text[at:].replace(f'{name} = ""', f'{name} = "{value}"', 1)
    monkeypatch.delenv("ETUDE_DATA_DIR")
    path = tmp_path / "etude.toml"
    path.write_text(text)
    monkeypatch.setenv("ETUDE_CONFIG", str(path))
    loaded = load()
    assert list(tomllib.loads(text)) == list(Settings.__struct_fields__)
    assert loaded.sources.keys() == declared().keys()
    defaults = Settings()
    for setting in declared().values():
        if setting.default is not None and setting.example is None:
            value = value_at(defaults, setting.path)
            assert value is None or value_at(loaded.settings, setting.path) == value


def test_lines_of_the_example_fit_a_screen():
    assert max(map(len, example_toml().splitlines())) <= 110


def test_any_command_hears_what_an_env_file_says(etude, monkeypatch, tmp_path):
    monkeypatch.setenv("ETUDE_SPOTIFY_TOKEN", "")  # so that monkeypatch puts it back
    monkeypatch.delenv("ETUDE_SPOTIFY_TOKEN")
    path = tmp_path / "variables"
    path.write_text("ETUDE_SPOTIFY_TOKEN=abc")
    monkeypatch.setenv("ETUDE_ENV_FILE", str(path))
    assert etude("songs", "ode")[0] == 0
    assert os.environ["ETUDE_SPOTIFY_TOKEN"] == "abc"
    path.write_text("ETUDE_SPOTIFY_TOKEN='abc")
    told = f"etude: {path}: expected lines like NAME=value, got one that begins"
    assert etude("songs", "ode")[2].startswith(told)
