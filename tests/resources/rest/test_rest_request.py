"""From binding and arguments to what the server sees."""

import json
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigen_assets.domain.api import Credential, RestBinding, RestParameter
from apigen_assets.domain.outcome import Outcome
from resources.rest.policy import RestPolicy
from resources.rest.request import RequestRefusedError, build

ANY = RestPolicy(allow_unsafe_methods=True)


def at(place, name, explode=True):
    return RestParameter(place=place, wire_name=name, explode=explode)


def made(arguments, environment=None, **binding):
    binding = {"url": "https://api.example.com/v1/items", **binding}
    return build(RestBinding(**binding), arguments, ANY, environment or {})


def query_of(request):
    return parse_qsl(urlsplit(request.url).query, keep_blank_values=True)


def test_each_argument_goes_to_its_place():
    request = made(
        {"id": 7, "q": "a b", "lang": "de", "session": "x;y", "title": "t"},
        method="POST",
        url="https://api.example.com/v1/items/{item-id}?fixed=1",
        parameters={
            "id": at("path", "item-id"),
            "q": at("query", "q[text]"),
            "lang": at("header", "Accept-Language"),
            "session": at("cookie", "sid"),
            "title": at("body", "Title"),
        },
        constants={"header": {"X-Version": "2"}, "query": {"units": "metric"}, "body": {"kind": "note"}},
        body_type="application/json",
    )
    parts = urlsplit(request.url)
    assert (parts.hostname, parts.path) == ("api.example.com", "/v1/items/7")
    assert query_of(request) == [("fixed", "1"), ("units", "metric"), ("q[text]", "a b")]
    assert request.headers["Accept-Language"] == "de" and request.headers["X-Version"] == "2"
    assert request.headers["Cookie"] == "sid=x%3By"
    assert json.loads(request.body) == {"kind": "note", "Title": "t"}
    assert request.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("value", "explode", "expected"),
    [
        ([1, 2], True, [("p", "1"), ("p", "2")]),
        ([1, 2], False, [("p", "1,2")]),
        ([], True, []),
        ({"a": 1, "b": "x"}, True, [("a", "1"), ("b", "x")]),
        ({"a": 1, "b": "x"}, False, [("p", "a,1,b,x")]),
        (True, True, [("p", "true")]),
        (False, True, [("p", "false")]),
        (0, True, [("p", "0")]),
        (1.5, True, [("p", "1.5")]),
        ("", True, [("p", "")]),
        (None, True, []),
        ("ü&=#+ %", True, [("p", "ü&=#+ %")]),
    ],
)
def test_values_in_a_query(value, explode, expected):
    assert query_of(made({"p": value}, parameters={"p": at("query", "p", explode)})) == expected


def test_a_form_body():
    request = made(
        {"a": "x y", "b": [1, 2]},
        method="POST",
        parameters={"a": at("body", "a"), "b": at("body", "b")},
        body_type="application/x-www-form-urlencoded",
    )
    assert parse_qs(request.body.decode()) == {"a": ["x y"], "b": ["1", "2"]}


def test_a_multipart_body_is_the_same_each_time():
    binding = {"method": "POST", "parameters": {"a": at("body", "a")}, "body_type": "multipart/form-data"}
    one, two = made({"a": "x"}, **binding), made({"a": "x"}, **binding)
    assert one.body == two.body and b'name="a"' in one.body
    assert one.headers["Content-Type"].startswith("multipart/form-data; boundary=")


def test_a_whole_body():
    request = made({"rows": [1, 2]}, method="POST", whole_body="rows", body_type="application/json")
    assert json.loads(request.body) == [1, 2]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [({"other": 1}, "other"), ({}, "{id}"), ({"id": ""}, "{id}"), ({"id": ".."}, "another endpoint")],
)
def test_arguments_the_endpoint_does_not_take(arguments, said):
    with pytest.raises(RequestRefusedError) as caught:
        made(arguments, url="https://api.example.com/{id}", parameters={"id": at("path", "id")})
    assert caught.value.outcome is Outcome.ARGUMENT_ERROR and said in caught.value.detail


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\0b", " a"])
def test_a_header_cannot_be_split(value):
    with pytest.raises(RequestRefusedError) as caught:
        made({"h": value}, parameters={"h": at("header", "X-H")})
    assert caught.value.outcome is Outcome.ARGUMENT_ERROR


def test_an_optional_credential_is_sent_where_it_is_set():
    key = Credential(place="header", wire_name="Authorization", variable="K", prefix="Bearer ", optional=True)
    assert "Authorization" not in made({}, credentials=(key,)).headers
    request = made({}, {"K": "abcd1234"}, credentials=(key,))
    assert request.headers["Authorization"] == "Bearer abcd1234"


def test_the_redacted_url_never_had_the_secret():
    key = Credential(place="query", wire_name="key", variable="K")
    request = made({"q": 1}, {"K": "abcd1234"}, credentials=(key,), parameters={"q": at("query", "q")})
    assert "abcd1234" in request.url and "abcd1234" not in request.redacted_url
    assert "abcd1234" not in repr(request.redacted_url)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(
    value=JSON,
    place=st.sampled_from(["path", "query", "header", "cookie", "body"]),
    method=st.sampled_from(["GET", "POST"]),
)
def test_no_argument_changes_host_path_or_headers(value, place, method):
    binding = RestBinding(
        method=method,
        url="https://api.example.com/a/{p}/b" if place == "path" else "https://api.example.com/a/b",
        parameters={"p": at(place, "p")},
        body_type="application/json" if place == "body" else None,
    )
    try:
        request = build(binding, {"p": value}, ANY, {})
    except (RequestRefusedError, UnicodeEncodeError):
        return
    parts = urlsplit(request.url)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "api.example.com", "")
    segments = parts.path.split("/")
    assert len(segments) == (4 if place == "path" else 3) and segments[1] == "a" and segments[-1] == "b"
    assert set(request.headers) <= {"Accept", "Content-Type", "Cookie", "p"}
    assert not any("\n" in one or "\r" in one for one in request.headers.values())
