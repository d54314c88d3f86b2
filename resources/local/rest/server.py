"""The embedded REST server: routes, argument checks, errors."""

import json

from aiohttp import web

from apigen_assets.files.json_types import JsonValue
from resources.local.rest import (
    calendars,
    chemistry,
    codes,
    colours,
    countries,
    misbehaving,
    numbers,
    phones,
    sky,
    technology,
    travel,
    units,
)
from resources.local.rest.endpoint import BadArgumentError, Endpoint, NotFoundError

ENDPOINTS: tuple[Endpoint, ...] = tuple(
    endpoint
    for group in (
        travel.endpoints,
        countries.endpoints,
        countries.finance,
        codes.finance,
        codes.commerce,
        calendars.endpoints,
        calendars.business,
        sky.endpoints,
        chemistry.endpoints,
        units.endpoints,
        units.constants,
        phones.endpoints,
        phones.social,
        technology.endpoints,
        colours.endpoints,
        numbers.mathematics,
        numbers.music,
        numbers.games,
        numbers.sports,
        numbers.health,
    )
    for endpoint in group.items
)
"""Every endpoint that answers as it should."""


def make_app() -> web.Application:
    """The application with all routes; fixed paths win over templates."""
    app = web.Application(client_max_size=64 * 1024)
    misbehaving.add_routes(app)
    app.router.add_get("/ping", _ping)
    app.router.add_get("/internal/x1", _ping)
    for endpoint in sorted(ENDPOINTS, key=lambda endpoint: "{" in endpoint.path):
        app.router.add_get(endpoint.path, _handler(endpoint))
    return app


async def _ping(request: web.Request) -> web.Response:
    return web.json_response({"status": "up"})


def _handler(endpoint: Endpoint) -> JsonValue:
    async def handle(request: web.Request) -> web.Response:
        query = {name: request.query.getall(name) for name in request.query}
        try:
            answer = endpoint.run(**endpoint.arguments(request.match_info, query))
        except BadArgumentError as error:
            return _problem(400, str(error))
        except NotFoundError as error:
            return _problem(404, str(error))
        except ImportError as error:
            return _problem(501, f"the package behind this endpoint is not installed: {error.name}")
        return web.Response(
            text=json.dumps(answer, ensure_ascii=False, allow_nan=False), content_type="application/json"
        )

    return handle


def _problem(status: int, detail: str) -> web.Response:
    """A problem document (RFC 9457)."""
    return web.json_response(
        {"title": "Bad Request" if status == 400 else "Not Found" if status == 404 else "Error", "detail": detail},
        status=status,
        content_type="application/problem+json",
    )
