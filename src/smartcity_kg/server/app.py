"""The application: all routes with what they share (layer 6)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from smartcity_kg.errors import SmartCityError
from smartcity_kg.server.headers import SecurityHeaders, on_error, on_http_exception
from smartcity_kg.server.health import AccessLog
from smartcity_kg.server.serving import Serving

# The last one takes every address that no other has taken.
_MODULES = ("health", "protocol", "check", "record_form", "openapi", "saved", "search", "documents")


def create_app(serving: Serving, *, store: Path | None = None) -> Starlette:
    """The application over what is served; it starts and ends the workers with itself.

    Args:
        serving: What is served.
        store: The store to begin with, if it was found already.

    >>> from smartcity_kg.project import Project
    >>> len(create_app(Serving(Project.find())).routes) > 3
    True
    """

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            await serving.start(store)
        except SmartCityError as error:
            serving.fail(error)
        try:
            yield
        finally:
            await serving.close()

    modules = (import_module(f"smartcity_kg.server.{name}") for name in _MODULES)
    return Starlette(
        routes=[route for module in modules for route in module.routes(serving)],
        middleware=[Middleware(AccessLog, serving=serving), Middleware(SecurityHeaders)],
        exception_handlers={SmartCityError: on_error, HTTPException: on_http_exception},
        lifespan=lifespan,
    )
