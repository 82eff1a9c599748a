"""Every answer of a server under test is one that the route which gave it declares."""

import json

from aiohttp import web

from server.http.declare import Route
from server.http.openapi_parts import good_statuses, refusals

ANY_ROUTE = {(400, "BAD_REQUEST"), (404, "NOT_FOUND"), (405, "METHOD_NOT_ALLOWED")}


class DeclaredAnswers:
    """Notes every answer that no declaration has.

    Parameters
    ----------
    app : web.Application
        Not started yet.
    """

    def __init__(self, app: web.Application) -> None:
        self._undeclared: set[tuple[str, str, int, str]] = set()
        app.on_response_prepare.append(self._look)

    def check(self) -> None:
        """Fail if there was an answer that is not declared."""
        found, self._undeclared = self._undeclared, set()
        assert not found, f"not declared: {sorted(found)}"

    async def _look(self, request: web.Request, response: web.StreamResponse) -> None:
        route = getattr(request.match_info.handler, "__self__", None)
        if not isinstance(route, Route):
            return
        code = _code_of(response)
        if response.status < 400:
            is_declared = response.status in good_statuses(route)
        else:
            codes = refusals(route).get(response.status, [])
            is_declared = code in codes or (response.status, code) in ANY_ROUTE
        if not is_declared:
            self._undeclared.add((route.method, route.path, response.status, code))


def _code_of(response: web.StreamResponse) -> str:
    """The code of a refusal; nothing where it has none."""
    if response.status < 400 or not isinstance(response, web.Response) or not response.body:
        return ""
    return str(json.loads(response.body).get("code", ""))
