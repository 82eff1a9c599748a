"""How a setting says what it means: one declaration beside its type."""

from typing import Any

from msgspec import Meta


def about(
    meaning: str,
    *variables: str,
    example: Any = None,
    is_hidden: bool = False,
    **rules: Any,
) -> Meta:
    """Describe a setting, as ``Annotated[type, about(…)]``.

    Parameters
    ----------
    meaning : str
        A sentence for operators.
    *variables : str
        Environment variables that give it, too, beside ``ETUDE_`` and its name: those that hosting
        platforms set.
    example : object, optional
        What it may look like, where the default does not show it.
    is_hidden : bool
        Whether it is never shown.
    **rules
        As :class:`msgspec.Meta` takes them: ``ge``, ``le``, ``pattern`` …
    """
    extra = {"variables": variables, "is_hidden": is_hidden, "example": example}
    return Meta(description=meaning, extra=extra, **rules)
