"""Who plays which hand: the player, whoever likes, the machine."""

from dataclasses import replace
from typing import NamedTuple

from engine.errors import RuleError
from engine.score.arrays import Structured, no_notes, read_only
from engine.score.score import Score

SILENT, IGNORED, MACHINE = OTHER_HANDS = ("silent", "ignored", "machine")


class Parts(NamedTuple):
    """What the player has to play, and what the machine plays; empty where it does not."""

    score: Score
    machine_notes: Structured


def share_out(score: Score, hands: str, other_hand: str) -> Parts:
    """Give each hand to who plays it.

    Parameters
    ----------
    score : Score
        The bars to be played, with both hands.
    hands : str
        What the player plays: "both", "right" (the first staff) or "left" (all others).
    other_hand : str
        What becomes of the rest: "silent": nobody plays it, and it would be wrong. "ignored":
        whoever likes may play it, and no error comes of it. "machine": the machine plays it.

    Returns
    -------
    Parts
        The score and the machine's notes are on the same beats.

    Raises
    ------
    RuleError
        If there is no such hand or no note in it, ``other_hand`` is none of the three, or it is
        not silent where both hands are played.
    """
    if other_hand not in OTHER_HANDS:
        raise RuleError(f"other_hand must be one of {', '.join(OTHER_HANDS)}, got {other_hand!r}")
    if hands == "both" and other_hand != SILENT:
        raise RuleError(f"other_hand must be silent where hands is both, got {other_hand!r}")
    chosen = score.section(hands=hands)
    is_right = score.notes["staff"] == 1
    is_chosen = is_right == (hands == "right")
    rest = read_only(score.notes[~is_chosen])
    if other_hand == IGNORED:
        return Parts(replace(chosen, ignored=rest), no_notes())
    return Parts(chosen, rest if other_hand == MACHINE else no_notes())
