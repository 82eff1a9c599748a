"""Routes and error codes as tables, made of the same declarations as the OpenAPI description.

``python -m server.http.reference routes > docs/api.md`` and ``… errors > docs/errors.md`` write
them anew; a test holds them equal.
"""

import sys
from collections.abc import Iterable

from server.http.codes import CODES
from server.http.declare import Route
from server.http.openapi import TAGS, plain_path, tag_of
from server.http.openapi_parts import EVERYWHERE, refusals

ROUTES_HEAD = """# Routes

Made by `python -m server.http.reference routes`; do not edit.

A running server says more: fields, examples and headers of each route at `/api/docs` and
`/api/redoc`, for programs at `/api/openapi.json` (OpenAPI 3.1) and `/api/etude.d.ts` (TypeScript,
also [here](etude.d.ts)). Refusals are in [errors.md](errors.md), events in [events.md](events.md).
"""

ERRORS_HEAD = """# Error codes over REST

Made by `python -m server.http.reference errors`; do not edit.

Every refusal is `{"error": a sentence to act on, "code": one of these, "details": what else
helps}`. Codes are part of the protocol and never renamed. Those of events are in
[events.md](events.md).
"""


def routes_table(routes: Iterable[Route]) -> str:
    """Write every route: method, path, who may use it, what it does."""
    by_tag: dict[str, list[Route]] = {}
    for route in sorted(routes, key=lambda route: (plain_path(route), route.method)):
        by_tag.setdefault(tag_of(route), []).append(route)
    parts = [ROUTES_HEAD]
    for tag, tagged in sorted(by_tag.items()):
        parts.append(f"## {tag}\n\n{TAGS[tag]}\n")
        parts.append("| route | for | |\n| --- | --- | --- |")
        parts += [
            f"| `{route.method} {plain_path(route)}` | {route.access.value} | {route.summary} |"
            for route in tagged
        ]
        parts.append("")
    return "\n".join(parts)


def errors_table(routes: Iterable[Route]) -> str:
    """Write every code: with which statuses it comes, what it means, which routes may say it."""
    statuses: dict[str, set[int]] = {"NOT_FOUND": {404}, "METHOD_NOT_ALLOWED": {405}}
    places: dict[str, set[str]] = {}
    for route in routes:
        for status, codes in refusals(route).items():
            for code in codes:
                statuses.setdefault(code, set()).add(status)
                places.setdefault(code, set()).add(tag_of(route))
    rows = (
        f"| `{code}` | {', '.join(map(str, sorted(statuses.get(code, {400}))))} | {meaning} "
        f"| {_where(code, places.get(code, set()))} |"
        for code, meaning in CODES.items()
    )
    return "\n".join(
        [ERRORS_HEAD, "| code | status | meaning | where |\n| --- | --- | --- | --- |", *rows, ""]
    )


def _where(code: str, places: set[str]) -> str:
    is_everywhere = any(code in codes for codes in EVERYWHERE.values())
    return "everywhere" if is_everywhere or not places else ", ".join(sorted(places))


if __name__ == "__main__":
    from server.app import make_app
    from server.config import Settings
    from server.http.declare import ROUTES

    declared: list[Route] = make_app(Settings())[ROUTES]
    print({"routes": routes_table, "errors": errors_table}[sys.argv[1]](declared), end="")
