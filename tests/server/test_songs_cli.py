"""``etude songs``."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from rich.text import Text
from typer.testing import CliRunner

from server.cli.songs import songs
from server.errors import UnknownSongError
from server.pieces import catalogue


@pytest.fixture
def etude():
    app = typer.Typer()
    app.command()(songs)
    return lambda *words: CliRunner().invoke(app, list(words))


def test_table_has_a_line_for_every_piece(etude):
    result = etude()
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert len(lines) == 1 + len(catalogue.songs())
    assert "ode-to-joy" in result.output
    assert "Für Elise (opening theme)" in result.output


def test_table_fits_a_small_terminal(etude, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    lines = [Text.from_ansi(line).plain for line in etude().output.splitlines()]
    assert len(lines) == 1 + len(catalogue.songs())
    assert max(map(len, lines)) <= 80
    assert "Ode to Joy " in lines[7]


def test_query_narrows_the_table(etude):
    lines = etude("elise").output.splitlines()
    assert len(lines) == 2
    assert "fuer-elise-theme" in lines[1]
    assert "●●●●○" in lines[1]


def test_json_has_every_field(etude):
    entries = json.loads(etude("--json", "scale").output)
    assert [entry["slug"] for entry in entries] == [s.slug for s in catalogue.search("scale")]
    assert set(entries[0]) == set(catalogue.Song.__slots__)


def test_json_of_nothing_is_an_empty_array(etude):
    assert json.loads(etude("--json", "qqqq").output) == []


def test_query_without_a_hit_is_an_error(etude):
    result = etude("qqqq")
    assert isinstance(result.exception, UnknownSongError)
    assert str(result.exception) == "no piece has the words 'qqqq'"


def test_the_shell_completes_pieces():
    environment = {
        **os.environ,
        "_ETUDE_COMPLETE": "complete_bash",
        "COMP_WORDS": "etude play ode-to-joy-",
        "COMP_CWORD": "2",
    }
    done = subprocess.run(
        [str(Path(sys.executable).with_name("etude"))],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["ode-to-joy-two-hands"]
