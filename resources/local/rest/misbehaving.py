"""Endpoints that go wrong on purpose, each in one way, so that filters and checks have something to find."""

import asyncio
import contextlib
import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from aiohttp import web

from resources.local.rest.endpoint import Parameter, choice, text, whole

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SLOW_S = 60.0


class Misbehaviour(NamedTuple):
    """One endpoint; `expected` is the outcome class its calls end with."""

    path: str
    name: str
    tag: str
    description: str
    parameters: tuple[Parameter, ...]
    expected: str
    handler: Handler | None
    """Null where no server answers at all."""
    method: str = "get"
    server: str | None = None
    """Another server than the document's."""


def _json(value: object, status: int = 200, **headers: str) -> web.Response:
    return web.json_response(
        value, status=status, headers={name.replace("_", "-"): text for name, text in headers.items()}
    )


async def _reset(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _slow(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    # One byte at a time: no pause is ever long enough for a timeout that counts from the last byte.
    with contextlib.suppress(ConnectionError):
        for _ in range(int(SLOW_S * 5)):
            await response.write(b" ")
            await asyncio.sleep(0.2)
        await response.write(b"{}")
    return response


async def _fails(request: web.Request) -> web.StreamResponse:
    return _json({"message": "Internal Server Error"}, 500)


async def _gone(request: web.Request) -> web.StreamResponse:
    return _json({"message": f"Endpoint '{request.path}' does not exist"}, 404)


async def _soft(request: web.Request) -> web.StreamResponse:
    return _json({"success": False, "data": None, "message": "Shipment lookup failed: carrier not supported"})


async def _soft_text(request: web.Request) -> web.StreamResponse:
    return web.Response(text="Error: could not connect to the database")


async def _empty(request: web.Request) -> web.StreamResponse:
    return _json({"results": [], "total": 0})


async def _no_content(request: web.Request) -> web.StreamResponse:
    return web.Response(status=204)


async def _html(request: web.Request) -> web.StreamResponse:
    page = "<!DOCTYPE html><html><head><title>Welcome</title></head><body><h1>Our new site</h1></body></html>"
    return web.Response(text=page, content_type="text/html")


async def _huge(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    row = json.dumps({"ticker": "EXMP", "price": 12.5, "note": "x" * 950}).encode() + b","
    with contextlib.suppress(ConnectionError):
        await response.write(b"[")
        for _ in range(5_000):
            await response.write(row)
        await response.write(row[:-1] + b"]")
    return response


async def _wrong_type(request: web.Request) -> web.StreamResponse:
    return web.Response(body=b"temperature=21.5;humidity=40", content_type="application/json")


async def _unauthorised(request: web.Request) -> web.StreamResponse:
    return _json({"message": "Missing or invalid access token"}, 401, WWW_Authenticate="Bearer")


async def _exhausted(request: web.Request) -> web.StreamResponse:
    return _json({"message": "Monthly quota reached"}, 429, Retry_After="86400")


async def _loop(request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound(request.path_qs)


async def _to_metadata(request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("http://169.254.169.254/latest/meta-data/")


_FLAKY_SEEN = web.AppKey("flaky", set)


async def _flaky(request: web.Request) -> web.StreamResponse:
    """Every other request for the same thing fails, so that one repetition always helps."""
    seen = request.app[_FLAKY_SEEN]
    if request.path_qs not in seen:
        seen.add(request.path_qs)
        return _json({"message": "Service Unavailable"}, 503, Retry_After="0")
    seen.discard(request.path_qs)
    code = request.query.get("code", "")
    digest = int(hashlib.sha256(code.encode()).hexdigest(), 16)
    return _json({"code": code, "stock": digest % 500, "warehouse": "ABC"[digest % 3]})


async def _writes(request: web.Request) -> web.StreamResponse:
    return _json({"created": True}, 201)


_CITY = text("city", "Name of the city.", "Paris", "Nairobi", "Lima")

MISBEHAVIOURS: tuple[Misbehaviour, ...] = (
    Misbehaviour(
        "/quotes/random", "get_random_quote", "Entertainment", "Get a quotation about a topic.",
        (text("topic", "Topic of the quotation.", "courage", "time", "work"),), "transport", None,
        server="http://gone.apigen.invalid",
    ),
    Misbehaviour(
        "/streams/status", "get_stream_status", "Media", "Tell whether a live video channel is on air.",
        (text("channel", "Name of the channel.", "newsroom", "space_live", "chess"),), "transport", _reset,
    ),
    Misbehaviour(
        "/reports/traffic", "get_traffic_report", "Travel", "Get the current traffic report of a city.",
        (_CITY,), "timeout", _slow,
    ),
    Misbehaviour(
        "/recipes/search", "search_recipes", "Lifestyle", "Search cooking recipes by an ingredient.",
        (text("ingredient", "Ingredient to cook with.", "lentils", "spinach", "rice"),), "http_5xx", _fails,
    ),
    Misbehaviour(
        "/lyrics/find", "find_lyrics", "Music", "Find the lyrics of a song by its title.",
        (text("title", "Title of the song.", "Yesterday", "Halo", "Jolene"),), "not_found", _gone,
    ),
    Misbehaviour(
        "/shipments/track", "track_shipment", "Commerce", "Track a parcel by its tracking number.",
        (text("tracking_number", "Number on the label.", "1Z999AA10123456784", "JD014600003SE"),), "soft_error", _soft,
    ),
    Misbehaviour(
        "/horoscope", "get_horoscope", "Entertainment", "Get the daily horoscope of a zodiac sign.",
        (choice("sign", "Zodiac sign.", "aries", "leo", "libra", "pisces"),), "soft_error", _soft_text,
    ),
    Misbehaviour(
        "/jobs/search", "search_jobs", "Business", "Search open jobs by their title.",
        (text("title", "Job title.", "data engineer", "nurse", "welder"),), "empty", _empty,
    ),
    Misbehaviour(
        "/events/nearby", "list_nearby_events", "Social", "List events in a city on the next weekend.",
        (_CITY,), "empty", _no_content,
    ),
    Misbehaviour(
        "/movies/showtimes", "get_showtimes", "Entertainment", "Get the cinema showtimes of a film in a city.",
        (text("film", "Title of the film.", "Metropolis", "Alien", "Amélie"), _CITY), "malformed", _html,
    ),
    Misbehaviour(
        "/stocks/history", "get_stock_history", "Finance", "Download the full price history of a stock.",
        (text("ticker", "Ticker symbol.", "EXMP", "ACME", "INIT"),), "too_large", _huge,
    ),
    Misbehaviour(
        "/weather/current", "get_current_weather", "Environment", "Get the current weather of a city.",
        (_CITY,), "malformed", _wrong_type,
    ),
    Misbehaviour(
        "/messages/inbox", "list_inbox_messages", "Communication", "List the newest messages of a mailbox.",
        (whole("limit", "Most messages to list.", 5, 10, 20, minimum=1, maximum=50),), "auth", _unauthorised,
    ),
    Misbehaviour(
        "/translate", "translate_text", "Education", "Translate a text into another language.",
        (text("text", "Text to translate.", "Good morning", "Where is the station?"),
         text("language", "Code of the target language.", "it", "pt", "nl")), "quota", _exhausted,
    ),
    Misbehaviour(
        "/games/leaderboard", "get_leaderboard", "Gaming", "Get the leaderboard of an online game.",
        (text("game", "Name of the game.", "hexarena", "skyrace"),), "refused", _loop,
    ),
    Misbehaviour(
        "/avatars/lookup", "lookup_avatar", "Social", "Look up the profile picture of a user.",
        (text("username", "Name of the user.", "ada", "grace", "linus"),), "refused", _to_metadata,
    ),
    Misbehaviour(
        "/inventory/stock", "get_stock_level", "Commerce", "Get the stock level of an article in the warehouse.",
        (text("code", "Article code.", "A-1001", "B-2040", "C-7"),), "ok", _flaky,
    ),
    Misbehaviour(
        "/notes", "create_note", "Tools", "Store a short note on the server.",
        (text("title", "Title of the note.", "Shopping", "Ideas"),), "refused", _writes, method="post",
    ),
)  # fmt: skip
"""`expected` holds for a policy with deadlines, a size limit, one or more retries and no unsafe methods."""


def add_routes(app: web.Application) -> None:
    """Serve the endpoints that have a server."""
    app[_FLAKY_SEEN] = set()
    for misbehaviour in MISBEHAVIOURS:
        if misbehaviour.handler is not None:
            app.router.add_route(misbehaviour.method, misbehaviour.path, misbehaviour.handler)
