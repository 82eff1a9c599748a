"""``etude devices``: the keyboards and microphones there are."""

import json
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Annotated, Any

import typer

from server.errors import ServerError

WATCH_SEC = 0.5  # how often --watch looks for keyboards
MICROPHONES_EVERY = 4  # so many times more rarely for microphones: it takes the drivers a while
MIDI, MICROPHONE = "midi", "microphone"
HEADINGS = {MIDI: "MIDI inputs", MICROPHONE: "microphones"}

Names = list[str]


def devices(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array, or line a change.")] = (
        False
    ),
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on and tell which come and go, until Ctrl-C.")
    ] = False,
) -> None:
    """List the MIDI inputs and the microphones there are."""
    with ExitStack() as stack:
        looks = _services(stack)
        found = {kind: look() for kind, look in looks.items()}
        _list(found, as_json)
        count = 0
        while watch:
            time.sleep(WATCH_SEC)
            count += 1
            for kind, look in looks.items():
                if kind == MIDI or count % MICROPHONES_EVERY == 0:
                    found[kind] = _tell_changes(kind, found[kind], look(), as_json)


def _services(stack: ExitStack) -> dict[str, Callable[[], Names]]:
    """How to look for each kind; a kind that this machine cannot have is told and left out.

    Raises
    ------
    ServerError
        If it can have neither.
    """
    looks: dict[str, Callable[[], Names]] = {}
    errors: list[ServerError] = []
    for kind, reach in ((MIDI, _reach_midi), (MICROPHONE, _reach_microphones)):
        try:
            looks[kind] = reach(stack)
        except ServerError as error:
            errors.append(error)
    if not looks:
        raise ServerError("; ".join(map(str, errors)))
    for told in errors:
        print(f"etude: {told}", file=sys.stderr, flush=True)
    return looks


def _reach_midi(stack: ExitStack) -> Callable[[], Names]:
    from server.inputs.midi_library import open_client

    client = open_client()
    stack.callback(client.close)
    return client.names


def _reach_microphones(stack: ExitStack) -> Callable[[], Names]:
    from server.inputs.microphone_library import list_devices

    list_devices()
    return lambda: [device.name for device in list_devices()]


def _list(found: dict[str, Names], as_json: bool) -> None:
    if as_json:
        rows: list[dict[str, Any]] = [
            {"kind": kind, "index": k, "name": name}
            for kind, names in found.items()
            for k, name in enumerate(names)
        ]
        print(json.dumps(rows), flush=True)
        return
    for kind, names in found.items():
        if names:
            print("\n".join([HEADINGS[kind], *(f"{k:>3}  {n}" for k, n in enumerate(names))]))
    if not any(found.values()):
        print("no MIDI input and no microphone found: connect one", file=sys.stderr)
    sys.stdout.flush()


def _tell_changes(kind: str, old: Names, new: Names, as_json: bool) -> Names:
    changes = [(name, False) for name in old if name not in new]
    changes += [(name, True) for name in new if name not in old]
    for name, is_there in changes:
        if as_json:
            print(json.dumps({"kind": kind, "name": name, "is_there": is_there}), flush=True)
        else:
            print(f"{'+' if is_there else '-'}  {name}", flush=True)
    return new
