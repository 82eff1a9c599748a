"""What the commands that listen have in common: instrument, tuning, microphone."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

if TYPE_CHECKING:
    from engine.tuning import Tuning

MIC = "--mic"
NO_MIC = f"{MIC}="  # the system's own


class Temperament(StrEnum):
    """Where the pitches lie."""

    EQUAL = "equal"
    JUST = "just"
    SARGAM = "sargam"


def _instruments_beginning_with(incomplete: str) -> list[str]:
    """For the shell to complete."""
    from engine.instruments import INSTRUMENTS

    return [name for name in INSTRUMENTS if name.startswith(incomplete.lower())]


InstrumentOption = Annotated[
    str | None,
    typer.Option(
        "--instrument",
        help="What is heard: violin, voice, piano, …",
        show_default="anything that fits",
        autocompletion=_instruments_beginning_with,
    ),
]
A4Option = Annotated[
    float | None,
    typer.Option(
        "--a4", min=415.0, max=466.0, help="Concert pitch in Hz, 415 to 466.", show_default="440"
    ),
]
TuningOption = Annotated[
    Temperament | None,
    typer.Option(
        "--tuning",
        help="Equal temperament, just intonation, or sargam by its own Sa.",
        show_default="equal",
    ),
]
TonicOption = Annotated[
    str | None,
    typer.Option("--tonic", help="The key note of --tuning just, the Sa of sargam: C, F#, Bb, …"),
]
ChannelOption = Annotated[
    int | None,
    typer.Option(
        "--channel", min=1, help="Which channel is heard.", show_default="the mean of all"
    ),
]


def make_tuning(
    a4_hz: float | None, temperament: Temperament | None, tonic: str | None
) -> "Tuning":
    """The tuning that is wished for."""
    from engine.tuning import Tuning

    temperament = temperament or Temperament.EQUAL
    if temperament == Temperament.EQUAL and tonic is not None:
        raise typer.BadParameter("--tonic needs --tuning just or sargam")
    return Tuning(440.0 if a4_hz is None else a4_hz, temperament.value, tonic)


class MicCommand(TyperCommand):
    """A command whose ``--mic`` may stand alone: the system's own microphone then.

    What follows it is its value unless that is an option, nothing, or the one argument without
    which the command could not be. An empty value is the same as none.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give a lone ``--mic`` an empty value."""
        whole = []
        for k, argument in enumerate(args):
            follows = args[k + 1] if k + 1 < len(args) else "-"
            is_alone = argument == MIC and follows.startswith("-")
            whole.append(NO_MIC if is_alone else argument)
        try:
            return super().parse_args(ctx, list(whole))
        except typer.BadParameter as error:
            if type(error).__name__ != "MissingParameter" or MIC not in whole:
                raise
        alone = [NO_MIC if argument == MIC else argument for argument in whole]
        return super().parse_args(ctx, alone)
