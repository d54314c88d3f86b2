"""What errors of the Hub's client mean: try again or not, how long to wait, what to tell."""

import email.utils
import json
import time

import httpx2
import pytest
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

from resources.hub.resource import HubProblem
from resources.hub.worker.failures import HubFailure, explain, may_pass, status_of, wait_asked_for
from resources.hub.worker.session import check_rights
from tests.helpers.hub_server import account


def answered(status, headers=None, kind=HfHubHTTPError, body=None):
    request = httpx2.Request("POST", "http://127.0.0.1/api/datasets/ada/calls/commit/main")
    return kind("failed", response=httpx2.Response(status, headers=headers, json=body or {}, request=request))


def caused_by(error):
    outer = RuntimeError("Error while uploading 'x' to the Hub.")
    outer.__cause__ = error
    return outer


@pytest.mark.parametrize("status", [408, 409, 412, 429, 500, 502, 503, 504])
def test_statuses_that_may_pass(status):
    assert may_pass(answered(status)) and may_pass(caused_by(answered(status)))
    assert status_of(caused_by(answered(status))) == status


@pytest.mark.parametrize(
    "error",
    [
        httpx2.ConnectError("refused"),
        httpx2.ReadTimeout("slow"),
        httpx2.RemoteProtocolError("cut"),
        json.JSONDecodeError("a proxy's page", "<html>", 0),
        ConnectionError("cas"),
    ],
)
def test_broken_connections_may_pass(error):
    assert may_pass(error) and explain(error, "ada/calls").problem == "unreachable"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422, 501])
def test_refusals_do_not_pass(status):
    assert not may_pass(answered(status))


@pytest.mark.parametrize(
    ("error", "problem", "says"),
    [
        (answered(401), "token_refused", "export it as HF_TOKEN"),
        (answered(403, body={"error": "not yours"}), "no_write_access", "HTTP 403, not yours"),
        (answered(404, kind=RepositoryNotFoundError), "no_write_access", "Check the name"),
        (answered(413), "refused", "HTTP 413"),
        (answered(503), "unreachable", "run it again later"),
        (ValueError("Invalid metadata in README.md.\n- bad"), "invalid_card", "nothing was uploaded"),
        (HubFailure("moved", "as it is"), "moved", "as it is"),
    ],
)
def test_every_error_says_what_to_do(error, problem, says):
    found = explain(error, "ada/calls")
    assert found.problem == problem and says in str(found)
    assert HubProblem(found.problem)


def test_how_long_the_server_wants_to_be_left_alone():
    assert wait_asked_for(answered(429, {"Retry-After": "17"})) == 17
    assert wait_asked_for(answered(429, {"RateLimit": '"api";r=0;t=55'})) == 55
    date = email.utils.formatdate(time.time() + 90, usegmt=True)
    assert 60 < wait_asked_for(answered(503, {"Retry-After": date})) <= 90
    assert wait_asked_for(answered(503, {"Retry-After": "soon"})) is None
    assert wait_asked_for(answered(503)) is None
    assert wait_asked_for(httpx2.ConnectError("refused")) is None


def scope(name, *permissions):
    return [{"entity": {"type": "user", "name": name}, "permissions": list(permissions)}]


@pytest.mark.parametrize(
    "who",
    [
        account(),
        account("fineGrained", scoped=scope("ada", "repo.write")),
        account("fineGrained", scoped=scope("ada/calls", "repo.write")),
        account("fineGrained"),  # a Hub that does not tell scopes decides itself
        account(name="eve", orgs=[("ada", "admin")]),
    ],
)
def test_rights_that_suffice(who):
    check_rights(who, "ada/calls")


@pytest.mark.parametrize(
    "who",
    [
        account("read"),
        account(name="eve"),
        account(name="eve", orgs=[("ada", "read")]),
        account("fineGrained", scoped=scope("ada", "repo.content.read")),
        account("fineGrained", scoped=scope("ada/other", "repo.write")),
        account("fineGrained", scoped=[]),
    ],
)
def test_rights_that_do_not(who):
    with pytest.raises(HubFailure) as caught:
        check_rights(who, "ada/calls")
    assert caught.value.problem == "no_write_access" and "Nothing was sent" in str(caught.value)
