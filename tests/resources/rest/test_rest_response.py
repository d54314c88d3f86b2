"""Outcome classes by status and structure."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigen_assets.domain.outcome import Outcome
from resources.rest.response import classify, read

JSON = "application/json"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, "auth"), (402, "auth"), (403, "auth"), (404, "not_found"), (410, "not_found"), (400, "http_4xx"),
        (405, "http_4xx"), (422, "http_4xx"), (429, "quota"), (500, "http_5xx"), (503, "http_5xx"), (599, "http_5xx"),
        (304, "malformed"),
    ],
)  # fmt: skip
def test_a_status_that_is_no_success_decides(status, expected):
    assert classify(status, JSON, b'{"data": [1, 2, 3]}')[0] == expected


@pytest.mark.parametrize(
    "body",
    [
        {"error": "Invalid date"}, {"error": {"code": 12, "message": "no"}}, {"errors": [{"detail": "bad"}]},
        {"error": True, "message": "x"}, {"success": False, "data": None}, {"ok": False, "description": "no"},
        {"status": "error", "message": "no such id"}, {"status": "FAILED"}, {"status": 404, "message": "nothing"},
        {"cod": "404", "message": "city not found"}, {"Response": "False", "Error": "Movie not found!"},
        {"message": "Invalid parameter: limit"}, {"detail": "Not found."}, {"data": {"error": "failed"}},
        {"meta": {"code": 400, "message": "bad"}, "data": []}, [{"error": "bad id"}], "Error: no connection",
        {"msg": "The city field is required"}, {"message": "Something went wrong, please try again"},
        {"statusCode": 500, "message": "Internal server error", "path": "/x"},
    ],
)  # fmt: skip
def test_an_error_in_a_success_is_soft(body):
    outcome, detail = classify(200, JSON, json.dumps(body))
    assert outcome is Outcome.SOFT_ERROR and detail


@pytest.mark.parametrize(
    "body",
    [
        {"error": None, "result": 5}, {"error": "", "data": [1]}, {"errors": [], "data": {"a": 1}},
        {"error": False, "value": 2}, {"title": "Error analysis", "pages": 12}, {"status": "ok", "items": [1]},
        {"standard_error": 0.05, "mean": 2}, {"error": 0, "mean": 4.5}, {"success": True, "message": "pong"},
        {"status": "not started", "match": {"home": "A", "away": "B"}}, {"message": "pong"},
        {"logs": [{"level": "error", "text": "disk failed"}]}, {"code": 404, "phrase": "Not Found", "meaning": "x"},
        ["error", "failure", "invalid"], {"song": {"title": "Sorry", "artist": "J"}}, 0, False, 3.5,
        {"question": "Invalid or valid?", "answers": ["yes", "no"]}, {"code": 500, "name": "Fortune 500", "rows": [1]},
    ],
)  # fmt: skip
def test_the_word_error_alone_is_no_error(body):
    assert classify(200, JSON, json.dumps(body))[0] is Outcome.OK


@pytest.mark.parametrize(
    "body",
    [
        {"id": 7, "status": "failed", "log": ["a"]}, {"id": 7, "status": "failed", "started": "9:00", "ended": "9:05"},
        {"payment": "p1", "state": "denied", "amount": 12}, {"mail": "a@example.com", "result": "invalid"},
        {"mail": "a@example.com", "ok": False, "reason": "no mx record"}, {"order_id": 5, "status": "not found"},
        {"type": "error", "message": "Disk is full", "host": "db1", "at": "9:00"},
        {"errors": 3, "warnings": 1, "checks": ["a"]}, {"service": "mail", "errors": 3},
        {"name": "Sat", "flight": 3, "success": False, "year": 2006}, {"valid": False, "error": "checksum is wrong"},
        {"id": 7, "status": "failed", "error": "Could not open file", "log": [1, 2]},
        {"id": 7, "state": "failed", "error": "disk full", "started": "a", "ended": "b"},
        {"data": {"id": 7, "status": "failed"}}, {"ticket": {"id": 1, "type": "error", "message": "Declined"}},
        {"id": 7, "status": "error", "message": "Could not connect to database", "steps": [{"n": 1}]},
        {"jobs": [{"status": "failed"}], "total": 1}, {"value": 3.1, "error": 0.02},
        {"domain": "x.example", "valid": False, "errors": ["no A record"]}, {"host": "db", "state": "error", "up": 3},
        {"error_type": "TypeError", "times": 5, "first": "a", "last": "b"}, {"number": 5, "result": "FAILURE", "s": 3},
    ],
)  # fmt: skip
def test_a_record_of_something_that_failed_is_an_answer(body):
    assert classify(200, JSON, json.dumps(body))[0] is Outcome.OK


@pytest.mark.parametrize(
    "body",
    [
        {"job_id": "M0", "status": "failed", "message": "jobId not found"}, {"error": "city not found", "city": "X"},
        {"status": "Failure", "result": "Exception: One or more errors occurred.", "format": "json"},
        {"success": False, "data": "sort value is wrong"}, {"ok": False, "error": "channel_not_found"},
        {"status": "error", "message": "symbol not found", "symbol": "XYZ", "exchange": "N"},
        {"errors": [{"message": "no field x"}], "data": {"user": {"id": 1}}}, {"errno": 5, "errmsg": "bad"},
        {"status": "fail", "data": {"title": "A title is required"}}, {"error": "Not found", "results": []},
        {"success": "false", "message": "Invalid token", "user": "bob"}, {"error": "no shelf", "status": 404},
        {"isError": True, "message": "x"}, {"result": "error", "error-type": "unsupported-code", "terms-of-use": "u"},
        {"success": False, "error-codes": ["bad-input"]}, {"errors": [{"detail": "bad"}], "jsonapi": {"v": 1}},
        {"errorMessage": "x", "errorType": "Y", "trace": ["a"]}, {"__type": "Bad", "message": "Invalid parameter x"},
    ],
)  # fmt: skip
def test_little_beside_an_error_does_not_make_it_a_record(body):
    assert classify(200, JSON, json.dumps(body))[0] not in (Outcome.OK, Outcome.EMPTY)


@pytest.mark.parametrize(
    "body", ["", "  \n", "null", "{}", "[]", '""', '{"data": []}', '{"results": [], "total": 0}', "[{}, {}]",
             '{"status": "ok", "data": {}}', '{"success": true, "result": null}'],
)  # fmt: skip
def test_no_data_is_empty(body):
    assert classify(200, JSON, body)[0] is Outcome.EMPTY


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"message": "You are not subscribed to this API."}, "auth"),
        ({"message": "Invalid API key. Please see the documentation."}, "auth"),
        ({"error": "Unauthorized"}, "auth"),
        ({"message": "Too many requests"}, "quota"),
        ({"message": "You have exceeded the MONTHLY quota for Requests on your current plan"}, "quota"),
        ({"error": "API rate limit exceeded"}, "quota"),
    ],
)
def test_what_an_error_says_of_keys_and_quotas(body, expected):
    assert classify(200, JSON, json.dumps(body))[0] == expected


@pytest.mark.parametrize(
    ("media_type", "body", "expected"),
    [
        (JSON, b"not json", "malformed"), (JSON, b'{"a": 1', "malformed"), (JSON, b'{"a": NaN}', "malformed"),
        ("text/html", b"<!DOCTYPE html><html><body>Hi</body></html>", "malformed"),
        ("text/plain", b"<html><head></head></html>", "malformed"),
        ("application/problem+json", b'{"a": 1}', "ok"), ("text/plain", b'{"a": 1}', "ok"),
        ("text/plain", b"The answer is 42", "ok"), ("text/plain", b"Error: no database", "soft_error"),
        ("application/xml", b"<?xml version='1.0'?><a><b>1</b></a>", "ok"), ("text/xml", b"<a><b></a>", "malformed"),
        ("application/xml", b"<error>No such user</error>", "soft_error"), ("text/xml", b"<a/>", "empty"),
        ("image/png", b"\x89PNG\r\n\0\0", "ok"), (None, b'{"a": 1}', "ok"), ("text/csv", b"a,b\n1,2\n", "ok"),
        ("application/json; charset=latin-1", '{"a": "é"}'.encode("latin-1"), "ok"),
        ("application/json; charset=bogus", b'{"a": 1}', "ok"), (JSON, b"\xef\xbb\xbf{\"a\": 1}", "ok"),
    ],
)  # fmt: skip
def test_the_body_against_its_media_type(media_type, body, expected):
    assert classify(200, media_type, body)[0] == expected


def test_an_entity_bomb_is_malformed():
    entities = "".join(f'<!ENTITY e{i + 1} "{f"&e{i};" * 10}">' for i in range(12))
    body = f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e0 "x">{entities}]><a>&e12;</a>'
    assert classify(200, "application/xml", body)[0] is Outcome.MALFORMED


def test_deep_nesting_is_no_crash():
    assert classify(200, JSON, "[" * 100_000 + "]" * 100_000)[0] in (Outcome.MALFORMED, Outcome.EMPTY)


def test_no_content_is_fine_for_what_is_not_read():
    assert read(204, None, b"", "DELETE").outcome is Outcome.OK
    assert read(200, JSON, b"", "HEAD").outcome is Outcome.OK
    assert read(204, None, b"", "GET").outcome is Outcome.EMPTY


@given(status=st.integers(100, 599), media_type=st.none() | st.text(max_size=30), body=st.binary(max_size=300))
def test_every_response_has_a_class_and_json_text(status, media_type, body):
    reading = read(status, media_type, body)
    assert isinstance(reading.outcome, Outcome)
    if reading.result is not None:
        json.loads(reading.result)


@given(body=st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["error", "status", "message", "data", "code", "success", "x"]), inner),
))  # fmt: skip
def test_every_json_value_has_a_class(body):
    outcome, _ = classify(200, JSON, json.dumps(body))
    assert isinstance(outcome, Outcome)
