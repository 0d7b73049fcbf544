"""The description of the interface for programs: each saved query an operation, checks, search (layer 6)."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from smartcity_kg.pages.site import LANGUAGES
from smartcity_kg.queries import Parameter, SavedQuery
from smartcity_kg.server.check import FORMATS_OF_REPORTS
from smartcity_kg.server.headers import CORS
from smartcity_kg.server.rows import DEFAULT_LIMIT, MOST
from smartcity_kg.server.saved import TYPES, formats_of
from smartcity_kg.server.serving import Serving
from smartcity_kg.server.versions import Version

_SCHEMAS: dict[str, dict[str, Any]] = {
    "iri": {"type": "string", "minLength": 1, "pattern": r"\S"},
    "string": {"type": "string", "minLength": 1, "pattern": r"\S"},
    "integer": {"type": "integer"},
    "date": {"type": "string", "format": "date"},
    "boolean": {"type": "boolean"},
}
_TEXT = {"type": "string", "minLength": 1, "pattern": r"\S"}
_EXAMPLE = "<https://example.org/a> <https://example.org/b> <https://example.org/c> ."
_PROBLEM = {"$ref": "#/components/responses/Problem"}
_LANG = {
    "name": "lang",
    "in": "query",
    "description": "The language of labels and messages; else that of Accept-Language.",
    "schema": {"type": "string", "enum": list(LANGUAGES)},
}


def routes(serving: Serving) -> list[Route]:
    """The route of the description."""

    async def answer(_: Request) -> Response:
        version = await serving.ready()
        return JSONResponse(describe(version, serving.address), 200, {**CORS, "cache-control": "max-age=300"})

    return [Route("/api/openapi.json", answer, methods=["GET", "HEAD"])]


def describe(version: Version, address: str) -> dict[str, Any]:
    """The description as OpenAPI 3.1."""
    site = version.maker.site
    paths: dict[str, Any] = {
        f"/api/queries/{query.name}": {"get": _operation(query)}
        for query in site.queries
        if query.form == "SELECT"
    }
    paths["/api/search"] = {"get": _search()}
    paths["/api/validate"] = {"post": _validate()}
    problem = {
        "description": "What is wrong, in one sentence, and what to do.",
        "content": {
            "text/plain": {"schema": {"type": "string"}},
            "application/json": {"schema": {"type": "object", "properties": {"error": {"type": "string"}}}},
        },
    }
    title = site.editions["en"].title
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": site.version,
            "description": "Saved queries with their parameters, checks of records, search. Reading only.",
            "license": {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"},
        },
        "servers": [{"url": address.rstrip("/")}, {"url": "/"}],
        "paths": paths,
        "components": {"responses": {"Problem": problem}},
    }


def _operation(query: SavedQuery) -> dict[str, Any]:
    paging = [
        {
            "name": "limit",
            "in": "query",
            "description": "How many rows; the header Link leads to the next ones.",
            "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT},
        },
        {
            "name": "offset",
            "in": "query",
            "description": "How many rows to pass over.",
            "schema": {"type": "integer", "minimum": 0, "maximum": 1_000_000, "default": 0},
        },
    ]
    offered = formats_of(query)
    chosen = {
        "name": "format",
        "in": "query",
        "description": "The format; else that of Accept.",
        "schema": {"type": "string", "enum": list(offered)},
    }
    return {
        "operationId": query.name,
        "summary": query.title("en"),
        "description": query.description("en"),
        "tags": [query.topic],
        "parameters": [*map(_parameter, query.parameters), *paging, chosen, _LANG],
        "responses": {
            "200": {
                "description": "The rows, with a label beside each IRI.",
                "content": {
                    TYPES[form]: {"schema": {"type": "string" if form == "csv" else "object"}} for form in offered
                },
            },
            **dict.fromkeys(("400", "404", "406", "413", "429", "503", "504"), _PROBLEM),
        },
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema = _SCHEMAS[parameter.type]
    example: Any = parameter.example
    if parameter.type == "integer" and example.lstrip("-").isdigit():
        example = int(example)
    if parameter.type == "boolean":
        example = example == "true"
    hint = " A name, an IRI or a prefixed name." if parameter.type == "iri" else ""
    return {
        "name": parameter.name,
        "in": "query",
        "required": not parameter.optional,
        "description": f"{parameter.title('en')}.{hint}",
        "schema": schema,
        "example": example,
    }


def _search() -> dict[str, Any]:
    text = {
        "name": "q",
        "in": "query",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "pattern": r"\S"},
        "example": "Ulm",
    }
    limit = {
        "name": "limit",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 10},
    }
    texts = {name: {"type": "string"} for name in ("label", "kind", "iri", "href", "page")}
    hit = {"type": "object", "properties": {**texts, "near": {"type": "boolean"}}}
    return {
        "operationId": "search",
        "summary": "Things by their names",
        "parameters": [text, limit, _LANG],
        "responses": {
            "200": {
                "description": "What was found, best first.",
                "content": {"application/json": {"schema": {"type": "array", "items": hit}}},
            },
            "400": _PROBLEM,
        },
    }


def _validate() -> dict[str, Any]:
    return {
        "operationId": "validate",
        "summary": "Check a record",
        "description": "The text is checked and forgotten. One that does not conform is a report, not an error.",
        "parameters": [
            {"name": "name", "in": "query", "schema": {"type": "string"}, "example": "ulm.ttl"},
            {"name": "format", "in": "query", "schema": {"type": "string", "enum": list(FORMATS_OF_REPORTS)}},
            _LANG,
        ],
        "requestBody": {"required": True, "content": {"text/turtle": {"schema": _TEXT, "example": _EXAMPLE}}},
        "responses": {
            "200": {
                "description": "The report.",
                "content": {media: {"schema": {}} for media in sorted(set(FORMATS_OF_REPORTS.values()))},
            },
            **dict.fromkeys(("400", "406", "413", "415", "503", "504"), _PROBLEM),
        },
    }
