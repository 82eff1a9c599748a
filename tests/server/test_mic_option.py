"""``--mic`` with a value, without one, and before the piece."""

from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from server.cli.hearing import MicCommand

OUTPUT = CliRunner(env={"NO_COLOR": "1", "COLUMNS": "200"})


@pytest.fixture
def invoke():
    """Call a command of one argument, with ``--mic`` and another option; returns what it got."""
    app = typer.Typer()

    @app.command(cls=MicCommand)
    def play(
        song: str,
        mic: Annotated[str | None, typer.Option("--mic")] = None,
        mode: Annotated[str, typer.Option("--mode")] = "follow",
    ) -> None:
        print(repr((song, mic, mode)))

    return lambda *arguments: OUTPUT.invoke(app, list(arguments))


@pytest.mark.parametrize(
    ("arguments", "got"),
    [
        (["tune"], ("tune", None, "follow")),
        (["tune", "--mic"], ("tune", "", "follow")),
        (["tune", "--mic", "--mode", "wait"], ("tune", "", "wait")),
        (["tune", "--mic", "USB"], ("tune", "USB", "follow")),
        (["tune", "--mic=USB"], ("tune", "USB", "follow")),
        (["tune", "--mic", "2", "--mode", "wait"], ("tune", "2", "wait")),
        (["--mic", "USB", "tune"], ("tune", "USB", "follow")),
        (["--mic", "tune"], ("tune", "", "follow")),
        (["--mode", "wait", "--mic", "tune"], ("tune", "", "wait")),
        (["--mic=", "tune"], ("tune", "", "follow")),
    ],
)
def test_what_follows_is_the_microphone_unless_it_is_needed_otherwise(invoke, arguments, got):
    done = invoke(*arguments)
    assert done.exit_code == 0, done.output
    assert done.output == f"{got!r}\n"


@pytest.mark.parametrize("arguments", [[], ["--mic"], ["--mic", "--mode", "wait"], ["--mic=USB"]])
def test_without_a_piece_that_is_said(invoke, arguments):
    done = invoke(*arguments)
    assert done.exit_code == 2
    assert "Missing argument 'song'" in done.output.replace("SONG", "song")


def test_a_mistake_elsewhere_is_told_as_ever(invoke):
    done = invoke("tune", "--mic", "USB", "--pace", "2")
    assert done.exit_code == 2
    assert "No such option: --pace" in done.output
