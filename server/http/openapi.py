"""The OpenAPI 3.1 description, made of the routes' own declarations."""

import inspect
from collections.abc import Iterable
from string import Formatter
from typing import Any

import msgspec
from aiohttp import web

from server.http.bodies import says_something
from server.http.declare import Access, Route
from server.http.openapi_parts import (
    REQUEST_HEADERS,
    Error,
    FieldDetails,
    Json,
    all_headers,
    answer_headers,
    is_elsewhere,
    limit_words,
    names_of_answer,
    names_of_request,
    refusal,
    refusals,
)
from server.version import __version__

REF = "#/components/schemas/{name}"
BASE = "/api/v1/"
OPERATION = "operation"
PAGED = ("limit", "cursor")
ALSO = {
    201: "It was made.",
    206: "The part that was asked for.",
    304: "It did not change: there is no body.",
}

INTRODUCTION = """Accounts, practice, lessons, songs and listening rooms over REST.

Answers are snake_case, those of the listening rooms camelCase; a body may use either spelling of
a field's name. Routes with parameters refuse any other. Whatever is refused has one
shape, `Error`. Lists are bare arrays with `Link` and `X-Total-Count`. Live play goes over a socket:
see docs/events.md."""

TAGS = {
    OPERATION: "Is it alive, what can it do, what does it count.",
    "description": "What this server answers, for people and programs.",
    "auth": "Accounts: make one, sign in, stay signed in, sign out.",
    "users": "Users behind the tokens of others.",
    "sessions": "Practice sessions: what was played, when, and how it went.",
    "stats": "Practice in figures, for graphs.",
    "progress": "Practice in figures, by day, week and song.",
    "teaching": "Students and teachers.",
    "lessons": "Lessons in modules, and how far one has come.",
    "songs": "Pieces: found, shown, and heard.",
    "search": "Whatever has these words.",
    "audit": "What happened to one's account.",
    "account": "All of one's data: to take along, or to delete.",
    "instruments": "What the server can listen to.",
    "music": "Music of the server's own, to listen to together.",
    "sync": "Listening rooms.",
}


def tag_of(route: Route) -> str:
    """The part of the API that a route belongs to: the first part of its path."""
    if route.path.startswith(BASE):
        name = route.path.removeprefix(BASE).split("/")[0].split(".")[0]
        return OPERATION if name == "status" else name
    return "description" if route.path.startswith("/api/") else OPERATION


def describe(routes: Iterable[Route]) -> Json:
    """Make the whole document.

    Parameters
    ----------
    routes : iterable of Route
        All there are.

    Returns
    -------
    dict
        Ready for JSON.
    """
    routes = list(routes)
    kinds = [Error, FieldDetails, *(kind for route in routes for kind in _kinds(route))]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=REF)
    schema_of = dict(zip(map(repr, kinds), schemas, strict=True))
    for route in routes:
        if route.shown_body is not None and says_something(route.shown_body):
            components[route.shown_body.__name__]["minProperties"] = 1
    names = _operation_ids(routes)
    paths: Json = {}
    for route in routes:
        operation = {"operationId": names[route.method, route.path], **_operation(route, schema_of)}
        paths.setdefault(plain_path(route), {})[route.method.lower()] = operation
    tags = sorted({tag_of(route) for route in routes})
    return {
        "openapi": "3.1.0",
        "info": {"title": "Etude", "version": __version__, "description": INTRODUCTION},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag, "description": TAGS[tag]} for tag in tags],
        "paths": paths,
        "components": {
            "schemas": components,
            "headers": all_headers(),
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The `access_token` of `POST auth/login`, or one of an issuer "
                    "that this server was told to believe.",
                }
            },
        },
    }


def plain_path(route: Route) -> str:
    """A path as OpenAPI has it: without the patterns of its parts."""
    pieces = Formatter().parse(route.path)
    return "".join(text + (f"{{{name}}}" if name else "") for text, name, _, _ in pieces)


def is_stream(answer: Any) -> bool:
    """Tell whether an answer is no JSON of a type."""
    return inspect.isclass(answer) and issubclass(answer, web.StreamResponse)


def _kinds(route: Route) -> list[Any]:
    """The types whose schemas a route needs."""
    answer = [] if route.answer in (None, type(None)) or is_stream(route.answer) else [route.answer]
    structs = [kind for kind in (route.query, route.parameters) if kind is not None]
    fields = [field.type for kind in structs for field in msgspec.structs.fields(kind)]
    return [*answer, *([route.shown_body] if route.shown_body else []), *fields]


def _operation_ids(routes: list[Route]) -> dict[tuple[str, str], str]:
    """Name each operation after its handler; of those that share one, the later by the path too."""
    names: dict[tuple[str, str], str] = {}
    for route in routes:
        name = getattr(route.handler, "__name__", "")
        if name in names.values():
            name += "_" + "_".join(_words_of(plain_path(route)))
        names[route.method, route.path] = name
    return names


def _words_of(path: str) -> list[str]:
    return [part.strip("{}").replace(".", "_") for part in path.split("/")[3:]]


def _operation(route: Route, schema_of: dict[str, Json]) -> Json:
    words = [route.description, limit_words(route)]
    operation: Json = {"tags": [tag_of(route)], "summary": route.summary}
    if description := "\n\n".join(word for word in words if word):
        operation["description"] = description
    operation["security"] = _security(route)
    if parameters := _parameters(route, schema_of):
        operation["parameters"] = parameters
    if route.shown_body is not None:
        operation["requestBody"] = _body(route, route.shown_body, schema_of)
    elif route.takes:
        operation["requestBody"] = _file(route)
    operation["responses"] = _responses(route, schema_of)
    return operation


def _security(route: Route) -> list[Json]:
    bearer: Json = {"bearer": []}
    either: list[Json] = [{}, bearer]
    some = {Access.OPEN: [], Access.ANYBODY: either, Access.GUEST: either}
    return some.get(route.access, [bearer])


def _parameters(route: Route, schema_of: dict[str, Json]) -> list[Json]:
    found: list[Json] = []
    for place, kind in (("path", route.parameters), ("query", route.query)):
        for field in msgspec.structs.fields(kind) if kind else ():
            schema = _without_null(schema_of[repr(field.type)])
            if isinstance(field.default, str | int | float):
                schema = {**schema, "default": field.default}
            found.append(
                {"name": field.encode_name, "in": place, "required": field.required}
                | {"schema": schema}
            )
    for name in names_of_request(route):
        about = {"description": REQUEST_HEADERS[name], "schema": {"type": "string"}}
        found.append({"name": name, "in": "header", "required": False} | about)
    return found


def _without_null(schema: Json) -> Json:
    """What text can be: a parameter that is not there is no null."""
    if "anyOf" not in schema:
        return schema
    options = [option for option in schema["anyOf"] if option != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return rest | (options[0] if len(options) == 1 else {"anyOf": options})


def _body(route: Route, kind: type[msgspec.Struct], schema_of: dict[str, Json]) -> Json:
    content: Json = {"schema": schema_of[repr(kind)]}
    if route.example is not None:
        content["example"] = route.example
    is_required = says_something(kind) or any(
        field.required for field in msgspec.structs.fields(kind)
    )
    return {
        "required": is_required,
        "content": {"application/json": content},
    }


def _file(route: Route) -> Json:
    """A body that is a file, by itself or in a form."""
    form: Json = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
    content: Json = {
        media: {"schema": {**form, "required": ["file"]}} if media.startswith("multipart/") else {}
        for media in route.takes
    }
    return {"required": True, "content": content}


def _responses(route: Route, schema_of: dict[str, Json]) -> Json:
    answers = {str(status): refusal(status, codes) for status, codes in refusals(route).items()}
    return dict(sorted((_successes(route, schema_of) | answers).items()))


def _successes(route: Route, schema_of: dict[str, Json]) -> Json:
    answer = route.answer
    if answer in (None, type(None)):
        return {"204": {"description": "Done; there is nothing to say."}}
    if is_elsewhere(route):
        return {str(route.status): _success(route, route.status, "Go on there.")}
    schema = {} if is_stream(answer) else {"schema": schema_of[repr(answer)]}
    content = {route.media: schema}
    found = {str(route.status): _success(route, route.status, _about(answer, schema_of), content)}
    for status in route.also:
        told = content if status != 304 else None
        found[str(status)] = _success(route, status, ALSO[status], told)
    return found


def _success(route: Route, status: int, words: str, content: Json | None = None) -> Json:
    success: Json = {"description": words}
    if content is not None:
        success["content"] = content
    names = _list_headers(route) + names_of_answer(route, status)
    if names:
        success["headers"] = answer_headers(names)
    return success


def _about(answer: Any, schema_of: dict[str, Json]) -> str:
    return "The list." if schema_of.get(repr(answer), {}).get("type") == "array" else "The answer."


def _list_headers(route: Route) -> list[str]:
    """What a list in pages says beside itself."""
    fields = msgspec.structs.fields(route.query) if route.query else ()
    is_paged = {field.name for field in fields}.issuperset(PAGED)
    return ["Link", "X-Total-Count"] if is_paged else []
