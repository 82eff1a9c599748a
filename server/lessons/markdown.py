"""The text of a lesson: Markdown, in which a fenced block of ABC is an engraved example."""

from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from server.lessons.lesson import Example, svg_url

LANGUAGE = "abc"


def examples_in(text: str) -> tuple[Example, ...]:
    """The fenced blocks of ABC in a text; what follows the word ``abc`` is the caption."""
    fences = (token for token in _markdown().parse(text) if _is_example(token))
    return tuple(
        Example(number, _caption(fence), fence.content)
        for number, fence in enumerate(fences, start=1)
    )


def to_html(text: str, lesson_id: int) -> str:
    """Turn Markdown into HTML; HTML within it is shown as text, never taken over."""
    return str(_markdown().render(text, {"lesson_id": lesson_id, "figures": 0}))


@cache
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.add_render_rule("fence", _render_fence)
    return markdown


def _render_fence(
    renderer: Any,
    tokens: Sequence[Token],
    index: int,
    options: Mapping[str, Any],
    env: dict[str, int],
) -> str:
    """Examples become figures; the number in the address is the one in :func:`examples_in`."""
    token = tokens[index]
    if not _is_example(token):
        return f"<pre><code>{escape(token.content)}</code></pre>\n"
    env["figures"] += 1
    source = svg_url(env["lesson_id"], env["figures"])
    caption = escape(_caption(token))
    return (
        f'<figure class="example"><img src="{source}" alt="{caption}">'
        f"<figcaption>{caption}</figcaption></figure>\n"
    )


def _is_example(token: Token) -> bool:
    return token.type == "fence" and token.info.split()[:1] == [LANGUAGE]


def _caption(fence: Token) -> str:
    return fence.info.strip().removeprefix(LANGUAGE).strip()
