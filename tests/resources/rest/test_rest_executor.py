"""REST calls over real loopback connections: limits, retries, redirects, order, secrets."""

import gzip
import json
import logging
import threading
import time

import pytest

from apigen_assets.domain.api import Credential, PythonBinding, RestBinding, RestParameter
from apigen_assets.domain.outcome import CallRequest, Outcome
from resources.rest.executor import RestExecutor
from resources.rest.policy import EMBEDDED_HOST, HostLimits, RestPolicy
from resources.rest.recordings import Recordings
from resources.rest.resource import RestResource

SECRET = "s3cr3t/+value=%41"


def one(executor, request):
    (result,) = executor.execute([request])
    return result


def test_an_answer_is_json_text_with_its_status(site, make_executor):
    site.routes["/a"] = (200, {}, {"b": 1, "a": [True, None]})
    result = one(make_executor(), site.request("/a"))
    assert (result.outcome, result.status, result.mode) == (Outcome.OK, 200, "live")
    assert json.loads(result.result) == {"a": [True, None], "b": 1}


def test_a_whole_float_is_sent_as_the_integer_it_is(site, make_executor):
    site.routes["/p"] = (200, {}, {"a": 1})
    place = {"place": "query", "wire_name": "page"}, {"place": "query", "wire_name": "share"}
    request = site.request(
        "/p", {"page": 2.0, "share": 0.5}, parameters=dict(zip(("page", "share"), place, strict=True))
    )
    assert one(make_executor(), request).outcome is Outcome.OK
    assert site.seen[-1][1] == "/p?page=2&share=0.5"


def test_a_long_result_is_cut_and_says_so(site, make_executor):
    site.routes["/long"] = (200, {}, {"text": "x" * 5000})
    result = one(make_executor(result_characters=100), site.request("/long"))
    assert result.truncated and len(result.result) == 100 and result.outcome is Outcome.OK


def test_results_come_in_request_order_whatever_takes_long(site, make_executor):
    def answer(handler):
        number = int(handler.path.rpartition("=")[2])
        time.sleep(0.05 if number % 7 == 0 else 0)
        return 200, {}, {"n": number}

    site.routes["/n"] = answer
    executor = make_executor()
    parameters = {"n": RestParameter(place="query", wire_name="n")}
    requests = [site.request("/n", {"n": n}, parameters=parameters) for n in range(60)]
    assert [json.loads(result.result)["n"] for result in executor.execute(requests)] == list(range(60))


WIRELESS = [{"n": "half a pair \ud800"}, {"n": float("nan")}, {"n": object()}]
"""Arguments that no request and no key can hold."""


@pytest.mark.parametrize("mode", ["live", "record", "replay"])
@pytest.mark.parametrize("arguments", WIRELESS, ids=["surrogate", "nan", "object"])
def test_arguments_without_a_wire_form_leave_their_neighbours_alone(site, make_executor, tmp_path, mode, arguments):
    site.routes["/n"] = (200, {}, {"n": 1})
    parameters = {"n": RestParameter(place="query", wire_name="n")}
    good, bad = (site.request("/n", given, parameters=parameters) for given in ({"n": 1}, arguments))
    executor = make_executor(Recordings(tmp_path), mode=mode)
    first, middle, last = (result.outcome for result in executor.execute([good, bad, good]))
    assert middle is Outcome.ARGUMENT_ERROR
    assert first is last is (Outcome.NOT_RECORDED if mode == "replay" else Outcome.OK)


def test_requests_are_taken_lazily(site, make_executor):
    site.routes["/a"] = (200, {}, {"a": 1})
    taken = []

    def endless():
        while True:
            taken.append(1)
            yield site.request("/a")

    results = make_executor().execute(endless())
    assert [next(results).outcome for _ in range(5)] == [Outcome.OK] * 5
    assert len(taken) < 1000
    results.close()


def test_one_failing_request_harms_no_other(site, make_executor):
    site.routes["/a"] = (200, {}, {"a": 1})
    bad = CallRequest(binding=PythonBinding(module="math", function="sqrt"), arguments={})
    nan = site.request("/a", {"n": float("nan")}, parameters={"n": RestParameter(place="body", wire_name="n")})
    outcomes = [r.outcome for r in make_executor().execute([site.request("/a"), bad, nan, site.request("/a")])]
    assert outcomes[0] == outcomes[3] == Outcome.OK
    assert outcomes[1] == Outcome.UNAVAILABLE


@pytest.mark.parametrize("part", ["headers", "body", "silence"])
def test_a_server_that_drips_ends_at_the_total_deadline(site, make_executor, part):
    def drip(handler):
        if part == "body":
            handler.send_response(200)
            handler.send_header("Content-Length", "100000")
            handler.end_headers()
        for byte in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1000:
            if site.stopping.wait(0.05):
                return
            if part != "silence":
                handler.wfile.write(bytes([byte]))
                handler.wfile.flush()

    site.routes["/drip"] = drip
    started = time.monotonic()
    result = one(make_executor(total_timeout_s=0.6, read_timeout_s=30), site.request("/drip"))
    assert result.outcome is Outcome.TIMEOUT
    # Far below the 50 s that the server would take; no more is promised, since the machine may be busy.
    assert time.monotonic() - started < 15


def test_silence_ends_at_the_read_timeout(site, make_executor):
    site.routes["/silent"] = lambda _: site.stopping.wait(20) and None
    result = one(make_executor(total_timeout_s=30, read_timeout_s=0.2, retries=0), site.request("/silent"))
    assert result.outcome is Outcome.TIMEOUT and "no byte" in result.detail


def test_who_allows_a_call_more_time_has_an_api_that_is_silent_for_long_waited_for(tmp_path):
    for allowed, silence in ((20.0, 15.0), (600.0, 450.0)):
        with RestResource(total_timeout_s=allowed, recordings=str(tmp_path)).open() as executor:
            assert executor.policy.read_timeout_s == silence


@pytest.mark.parametrize("announced", [True, False])
def test_a_response_above_the_limit_is_not_read_to_its_end(site, make_executor, announced):
    sent = []

    def huge(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        if announced:
            handler.send_header("Content-Length", str(1 << 40))
        handler.end_headers()
        handler.close_connection = True
        for _ in range(100_000):
            handler.wfile.write(b"x" * 10_000)
            sent.append(10_000)

    site.routes["/huge"] = huge
    result = one(make_executor(max_response_bytes=50_000), site.request("/huge"))
    assert result.outcome is Outcome.TOO_LARGE and result.result is None
    assert sum(sent) < 100_000_000


def test_a_compressed_bomb_is_too_large(site, make_executor):
    bomb = gzip.compress(b"0" * 50_000_000)
    site.routes["/bomb"] = (200, {"Content-Encoding": "gzip"}, bomb)
    assert one(make_executor(max_response_bytes=1_000_000), site.request("/bomb")).outcome is Outcome.TOO_LARGE


def test_a_body_that_is_not_encoded_as_it_says_is_malformed(site, make_executor):
    site.routes["/gzip"] = (200, {"Content-Encoding": "gzip"}, b'{"a": 1}')
    assert one(make_executor(), site.request("/gzip")).outcome is Outcome.MALFORMED


def test_a_connection_cut_short_is_a_transport_failure(site, make_executor):
    site.routes["/cut"] = lambda handler: (
        setattr(handler, "close_connection", True) or site.answer(handler, 200, {"Content-Length": "1000"}, b"{")
    )
    assert one(make_executor(), site.request("/cut")).outcome is Outcome.TRANSPORT


def failing_first(status, times, headers=None):
    left = {"n": times}

    def answer(_):
        left["n"] -= 1
        return (status, headers or {}, {"message": "later"}) if left["n"] >= 0 else (200, {}, {"a": 1})

    return answer


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_passing_failure_is_tried_again(site, make_executor, status):
    site.routes["/flaky"] = failing_first(status, 2)
    assert one(make_executor(), site.request("/flaky")).outcome is Outcome.OK
    assert site.hits["/flaky"] == 3


@pytest.mark.parametrize("status", [400, 401, 404, 500])
def test_a_lasting_failure_is_asked_once(site, make_executor, status):
    site.routes["/bad"] = (status, {}, {"message": "no"})
    assert one(make_executor(), site.request("/bad")).outcome is not Outcome.OK
    assert site.hits["/bad"] == 1


def test_retries_end(site, make_executor):
    site.routes["/down"] = (503, {}, {"message": "no"})
    assert one(make_executor(retries=3), site.request("/down")).outcome is Outcome.HTTP_5XX
    assert site.hits["/down"] == 4


def test_a_retry_after_beyond_the_deadline_is_not_waited_for(site, make_executor):
    site.routes["/quota"] = (429, {"Retry-After": "3600"}, {"message": "no"})
    assert one(make_executor(), site.request("/quota")).outcome is Outcome.QUOTA
    assert site.hits["/quota"] == 1


def test_a_retry_after_is_kept_to(site, make_executor):
    times = []
    flaky = failing_first(503, 1, {"Retry-After": "1"})
    site.routes["/later"] = lambda handler: times.append(time.monotonic()) or flaky(handler)
    assert one(make_executor(), site.request("/later")).outcome is Outcome.OK
    assert times[1] - times[0] >= 1


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_may_change_data_is_refused(site, make_executor, method):
    result = one(make_executor(), site.request("/a", method=method))
    assert result.outcome is Outcome.REFUSED and method in result.detail
    assert not site.hits


def test_a_post_is_allowed_by_a_switch_and_never_repeated(site, make_executor):
    site.routes["/post"] = (503, {}, {"message": "no"})
    result = one(make_executor(allow_unsafe_methods=True), site.request("/post", method="POST"))
    assert result.outcome is Outcome.HTTP_5XX and site.hits["/post"] == 1
    site.routes["/put"] = (503, {}, {"message": "no"})
    one(make_executor(allow_unsafe_methods=True), site.request("/put", method="PUT"))
    assert site.hits["/put"] == 3


def test_redirects_are_followed_within_the_host(site, make_executor):
    site.routes["/1"] = (302, {"Location": "/2"}, b"")
    site.routes["/2"] = (307, {"Location": site.url("/3?x=1")}, b"x" * 3_000_000)
    site.routes["/3"] = (200, {}, {"a": 1})
    assert one(make_executor(), site.request("/1")).outcome is Outcome.OK


def test_redirects_end(site, make_executor):
    site.routes["/loop"] = (302, {"Location": "/loop"}, b"")
    result = one(make_executor(max_redirects=3), site.request("/loop"))
    assert result.outcome is Outcome.REFUSED and site.hits["/loop"] == 4


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost:{port}/secret",
        "http://[::1]:{port}/secret",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "//other.invalid/x",
    ],
)
def test_a_redirect_elsewhere_is_refused(site, make_executor, target):
    site.routes["/out"] = (302, {"Location": target.format(port=site.port)}, b"")
    site.routes["/secret"] = (200, {}, {"secret": 1})
    assert one(make_executor(), site.request("/out")).outcome is Outcome.REFUSED
    assert site.hits["/secret"] == 0


def test_a_credential_does_not_follow_to_another_origin(site, make_executor):
    site.routes["/start"] = (302, {"Location": f"http://localhost:{site.port}/end"}, b"")
    site.routes["/end"] = (200, {}, {"a": 1})
    key = Credential(place="header", wire_name="X-Api-Key", variable="KEY")
    executor = make_executor(environment={"KEY": SECRET}, redirect_hosts=frozenset({"localhost"}))
    assert one(executor, site.request("/start", credentials=(key,))).outcome is Outcome.OK
    assert [headers.get("X-Api-Key") for _, _, headers, _ in site.seen] == [SECRET, None]


@pytest.mark.parametrize("steps", [(), ({"name": "auth", "made": True},)])
def test_a_credential_in_a_body_does_not_follow_to_another_origin(site, make_executor, steps):
    site.routes["/start"] = (307, {"Location": f"http://localhost:{site.port}/end"}, b"")
    site.routes["/end"] = (200, {}, {"a": 1})
    key = Credential(place="body", wire_name="key", variable="KEY", steps=steps)
    request = site.request("/start", method="POST", body_type="application/json", credentials=(key,))
    executor = make_executor(
        environment={"KEY": SECRET}, redirect_hosts=frozenset({"localhost"}), allow_unsafe_methods=True
    )
    result = one(executor, request)
    assert result.outcome is Outcome.REFUSED and "credential in the body" in result.detail
    assert site.hits["/end"] == 0 and SECRET in str(site.seen[0])


def test_cookies_of_one_call_do_not_reach_the_next(site, make_executor):
    site.routes["/set"] = (200, {"Set-Cookie": "a=b; Path=/"}, {"a": 1})
    executor = make_executor(workers=1)
    list(executor.execute([site.request("/set"), site.request("/set")]))
    assert all("Cookie" not in headers for _, _, headers, _ in site.seen)


def test_proxies_and_netrc_of_the_surroundings_are_ignored(site, make_executor, monkeypatch, tmp_path):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    site.routes["/a"] = (200, {}, {"a": 1})
    assert one(make_executor(), site.request("/a")).outcome is Outcome.OK
    assert "Authorization" not in site.seen[0][2]


def test_a_missing_credential_makes_no_call_and_names_the_variable(site, make_executor):
    key = Credential(place="query", wire_name="key", variable="WEATHER_KEY")
    result = one(make_executor(), site.request("/a", credentials=(key,)))
    assert result.outcome is Outcome.AUTH and "WEATHER_KEY" in result.detail
    assert not site.hits


@pytest.mark.parametrize("place", ["query", "header", "cookie"])
def test_a_secret_reaches_the_server_and_nothing_else(site, make_executor, tmp_path, caplog, place):
    def echo(handler):
        text = f"{handler.path} {dict(handler.headers)} {SECRET}"
        return (200, {}, {"echo": text}) if handler.path.startswith("/ok") else (500, {}, {"message": text})

    site.routes["/ok"] = site.routes["/bad"] = echo
    site.routes["/cut"] = lambda handler: handler.connection.shutdown(2)
    key = Credential(place=place, wire_name="key", variable="KEY", prefix="Bearer ")
    recordings = Recordings(tmp_path / "recordings")
    executor = make_executor(recordings, environment={"KEY": SECRET})
    with caplog.at_level(logging.DEBUG):
        results = list(executor.execute(site.request(path, credentials=(key,)) for path in ("/ok", "/bad", "/cut")))
    assert site.hits["/ok"] == 1
    wire = json.dumps([(path, headers) for _, path, headers, _ in site.seen])
    assert "s3cr3t" in wire
    files = "".join(path.read_text() for path in (tmp_path / "recordings").iterdir())
    for text in (*map(str, results), files, caplog.text):
        assert "s3cr3t" not in text
    assert "***" in results[0].result


def test_an_argument_that_repeats_the_secret_is_not_recorded(site, make_executor, tmp_path):
    site.routes["/a"] = (200, {}, {"a": 1})
    key = Credential(place="header", wire_name="key", variable="KEY")
    request = site.request(
        "/a", {"q": SECRET}, credentials=(key,), parameters={"q": RestParameter(place="query", wire_name="q")}
    )
    executor = make_executor(Recordings(tmp_path), environment={"KEY": SECRET})
    assert one(executor, request).outcome is Outcome.OK
    assert "s3cr3t" not in "".join(path.read_text() for path in tmp_path.iterdir())


def test_rate_per_host_spaces_the_calls(site, make_executor):
    times = []
    site.routes["/a"] = lambda _: times.append(time.monotonic()) or (200, {}, {"a": 1})
    executor = make_executor(limits=HostLimits(rate=20, concurrency=4))
    assert len(list(executor.execute(site.request("/a") for _ in range(6)))) == 6
    # Arrival is later than departure by differing times, so that only the whole span is certain.
    assert times[-1] - times[0] >= 0.2


def test_concurrency_per_host_is_kept(site, make_executor):
    running, most, lock = [0], [0], threading.Lock()

    def busy(_):
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.02)
        with lock:
            running[0] -= 1
        return 200, {}, {"a": 1}

    site.routes["/a"] = busy
    executor = make_executor(limits=HostLimits(rate=None, concurrency=2), workers=8)
    list(executor.execute(site.request("/a") for _ in range(20)))
    assert most[0] <= 2


def test_a_slow_host_does_not_hold_up_another(site, make_executor):
    released = threading.Event()
    site.routes["/slow"] = lambda _: released.wait(20) and (200, {}, {"slow": 1})

    def quick(_):
        released.set()
        return 200, {}, {"quick": 1}

    site.routes["/quick"] = quick
    other = CallRequest(binding=RestBinding(url=f"http://localhost:{site.port}/quick"), arguments={})
    executor = make_executor(limits=HostLimits(rate=None, concurrency=1), workers=2)
    # The slow call ends only once the other host's call has been made.
    results = list(executor.execute([site.request("/slow"), site.request("/slow"), site.request("/slow"), other]))
    assert [result.outcome for result in results] == [Outcome.OK] * 4


def test_a_host_that_does_not_answer_is_left_alone_and_tried_again_later(site, make_executor):
    site.routes["/reset"] = lambda handler: handler.connection.shutdown(2)
    site.routes["/a"] = (200, {}, {"a": 1})
    limits = HostLimits(rate=None, concurrency=1, breaker_failures=3, breaker_reset_s=0.5)
    executor = make_executor(limits=limits, retries=0)
    results = list(executor.execute(site.request("/reset") for _ in range(10)))
    assert {result.outcome for result in results} == {Outcome.TRANSPORT}
    assert site.hits["/reset"] == 3 and "left alone" in results[-1].detail
    time.sleep(0.6)
    assert one(executor, site.request("/a")).outcome is Outcome.OK
    assert one(executor, site.request("/a")).outcome is Outcome.OK


def test_an_answered_error_is_no_reason_to_leave_a_host_alone(site, make_executor):
    site.routes["/500"] = (500, {}, {"message": "no"})
    site.routes["/a"] = (200, {}, {"a": 1})
    executor = make_executor(limits=HostLimits(rate=None, concurrency=1, breaker_failures=2))
    results = list(executor.execute([*(site.request("/500") for _ in range(6)), site.request("/a")]))
    assert results[-1].outcome is Outcome.OK


def test_nobody_listening_is_a_transport_failure(make_executor):
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    request = CallRequest(binding=RestBinding(url=f"http://127.0.0.1:{port}/"), arguments={})
    result = one(make_executor(), request)
    assert result.outcome is Outcome.TRANSPORT and "refused" in result.detail.lower()


def test_the_embedded_host_leads_to_the_embedded_address_only(site):
    site.routes["/a"] = (200, {}, {"a": 1})
    policy = RestPolicy(mode="live", embedded=lambda: ("127.0.0.1", site.port))
    with RestExecutor(policy, environment={}) as executor:
        for port in ("", ":81", ":443"):
            request = CallRequest(binding=RestBinding(url=f"http://{EMBEDDED_HOST}{port}/a"), arguments={})
            assert one(executor, request).outcome is Outcome.OK
        assert one(executor, site.request("/a")).outcome is Outcome.REFUSED
    assert site.hits["/a"] == 3
    assert site.seen[0][2]["Host"] == EMBEDDED_HOST


def test_an_executor_says_who_it_is(site, make_executor):
    site.routes["/a"] = (200, {}, {"a": 1})
    one(make_executor(user_agent="shop-bot/1 (ops@example.org)"), site.request("/a"))
    assert site.seen[0][2]["User-Agent"] == "shop-bot/1 (ops@example.org)"


def test_no_requests_no_results(make_executor):
    assert list(make_executor().execute([])) == []
