"""Secrets are found wherever they are kept, are never shown, and stop a publication."""

import base64
import json
import random
import sqlite3
import string
import uuid
from urllib.parse import quote_plus

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from apigen_assets.cli.main import app
from apigen_assets.release.secrets.detectors import PREFILTERS, hits
from apigen_assets.release.secrets.environment import secret_values, spellings
from apigen_assets.release.secrets.scan import ALLOWED, scan
from apigen_assets.settings import settings
from resources.lake.lake import Lake

_draw = random.Random(7)


def some(length, letters=string.ascii_letters + string.digits):
    return "".join(_draw.choice(letters) for _ in range(length))


def token(*parts):
    """Written in parts, so that no file of the project holds anything that looks like a secret."""
    return "".join(parts)


def web_token():
    head, claims = ({"alg": "HS256", "typ": "JWT"}, {"sub": "77", "name": "Ada"})
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (head, claims)]
    return ".".join([*parts, some(43)])


PLANTED = {
    "AWS access key": token("AKIA", some(16, string.ascii_uppercase + string.digits)),
    "AWS secret access key": token("AWS_SECRET_ACCESS_", "KEY=", some(40)),
    "GitHub token": token("gh", "p_", some(36)),
    "GitHub token, fine-grained": token("github_", "pat_", some(22), "_", some(59)),
    "OpenAI key": token("sk", "-proj-", some(48)),
    "OpenAI key, old": token("sk", "-", some(48)),
    "Anthropic key": token("sk", "-ant-api03-", some(90)),
    "Hugging Face token": token("hf", "_", some(34)),
    "Google API key": token("AI", "za", some(35)),
    "Slack token": token("xox", "b-123456789012-123456789012-", some(24)),
    "Slack token, webhook": token("https://hooks.slack.com/", "services/T0", some(8), "/B0", some(8), "/", some(24)),
    "JSON Web Token": web_token(),
    "private key": token("-----BEGIN RSA ", "PRIVATE KEY-----\nMII", some(60)),
    "password in a URL": token("postgres://ada:", "p!ss-", some(8), "@db.internal:5432/rows"),
    "credentials in an Authorization header": token("Authorization: ", "Bearer ", some(40)),
    "Stripe key": token("sk_", "live_", some(24)),
    "GitLab token": token("glp", "at-", some(20)),
    "npm token": token("npm", "_", some(36)),
    "SendGrid key": token("SG", ".", some(22), ".", some(43)),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_secret_is_found_in_every_kind_of_file_and_not_shown(kind, tmp_path):
    secret = PLANTED[kind]
    text = f"Write to us with {secret} and\nnothing else"
    lines = "\n".join([json.dumps({"n": 1}), json.dumps({"body": json.dumps({"content": text})})]) + "\n"
    (tmp_path / "segment.jsonl").write_text(lines)
    (tmp_path / "run.err").write_text(f"first\n{text}\n")
    rows = pl.DataFrame({"id": [1, 2], "query": ["plain", text], "messages": [[], [{"role": "user", "content": text}]]})
    rows.write_parquet(tmp_path / "data.parquet")
    with sqlite3.connect(tmp_path / "events.db") as database:
        database.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, body TEXT)")
        database.execute("INSERT INTO events VALUES (5, ?)", [json.dumps({"message": text})])
    report = scan({"home": tmp_path})
    places = {place for finding in report.findings for place in finding.places}
    assert {
        "home/segment.jsonl, line 2",
        "home/run.err, line 2",
        "home/data.parquet, row 1, column query",
        "home/data.parquet, row 1, column messages",
        "home/events.db, table events, row 5",
    } <= places
    assert any(finding.kind == kind.split(",")[0] for finding in report.findings)
    core = secret.splitlines()[-1][-12:]
    assert core not in report.message() + repr(report)


VALUES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=10, max_size=40).map(str.strip)


@hypothesis_settings(max_examples=60, deadline=None)
@given(VALUES.filter(lambda value: len(value.encode()) >= 12), st.text(max_size=7), st.text(max_size=7))
def test_every_spelling_of_a_value_of_the_environment_is_known(value, before, after):
    def found(text):
        return any(spelling in text for spelling in spellings(value))

    encoded = base64.b64encode((before + value + after).encode()).decode()
    assert found(before + value + after) and found(encoded)
    assert found(base64.urlsafe_b64encode((before + value + after).encode()).decode())
    assert found(quote_plus(value)) and found(json.dumps(json.dumps({"key": value})))
    assert found(json.dumps(value, ensure_ascii=False))


def test_the_environment_is_searched_for_by_what_variables_are_called_or_named_for(tmp_path):
    environment = {
        "WEATHER_API_KEY": "q7-plain-value",
        "DATABASE_URL": "postgresql://ada:hunter22@db/rows",
        "RAPID": "named-by-a-binding",
        "MONKEY": "a-plain-value-of-no-key",
        "PATH": "/usr/bin:/bin",
        "TOKEN_FILE": "/run/secrets/token",
        "SOME_TOKEN": "short",
        "GATEWAY_AUTH": "basic",
    }
    assert secret_values(settings(), ["RAPID"], environment) == {
        "WEATHER_API_KEY": "q7-plain-value",
        "DATABASE_URL": "hunter22",
        "RAPID": "named-by-a-binding",
    }
    (tmp_path / "answer.txt").write_text("https://api.test/v1?key=q7-plain-value&x=1\n")
    (finding,) = scan({"answers": tmp_path}, {"WEATHER_API_KEY": "q7-plain-value"}).findings
    assert "WEATHER_API_KEY" in finding.kind and finding.places == ("answers/answer.txt, line 1",)


EXAMPLES = [
    "AKIAIOSFODNN7EXAMPLE",
    "Authorization: Bearer YOUR_API_KEY_GOES_HERE",
    "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "https://user:password@api.test/v1",
    "https://{user}:{password}@api.test/v1",
    "postgres://app:${DB_PASSWORD}@db/rows",
    "task-0123456789abcdef0123456789abcdef01234567",
    "a risk-adjusted-return-on-capital-for-the-whole-portfolio",
    "hf_hub_download_and_then_something_else_entirely",
    "d41d8cd98f00b204e9800998ecf8427e",
    str(uuid.UUID(int=7**40)),
    "sha256:" + "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "eyJhbGciOiJub25lIn0",
    "ratio 16:9, see http://a.test:80/x and mail to b@c.test",
    '{"url": "http://a.test/x", "note": "b: c@d.test"}',
    "use an api_key, a password and a token of your own",
]


@pytest.mark.parametrize("text", EXAMPLES)
def test_examples_hashes_and_ids_are_no_secrets(text):
    assert list(hits(text)) == []


def test_thousands_of_ids_hashes_and_numbers_give_no_alarm(tmp_path):
    draw = random.Random(1)
    alphabets = (string.hexdigits.lower(), string.digits, string.ascii_uppercase + string.digits)
    texts = ["".join(draw.choices(draw.choice(alphabets), k=draw.randint(8, 64))) for _ in range(20_000)]
    texts += [str(uuid.UUID(int=draw.getrandbits(128))) for _ in range(5_000)]
    pl.DataFrame({"query": [f"look up {text} please" for text in texts]}).write_parquet(tmp_path / "data.parquet")
    assert scan({"lake": tmp_path}).findings == []


def test_no_detector_waits_for_what_the_prefilter_drops():
    dropped = [
        kind
        for kind, text in PLANTED.items()
        if not any(pl.Series([text]).str.contains(pattern)[0] for pattern in PREFILTERS)
    ]
    assert not dropped


def test_what_is_damaged_or_gone_is_read_as_far_as_it_goes(tmp_path):
    (tmp_path / "data.parquet").write_bytes(b"PAR1 torn " + PLANTED["GitHub token"].encode())
    (tmp_path / "events.db").write_bytes(b"no database " + PLANTED["Slack token"].encode() + b"\xff\n")
    (tmp_path / "loop").symlink_to(tmp_path)
    report = scan({"home": tmp_path, "absent": tmp_path / "absent"})
    assert [finding.kind for finding in report.findings] == ["GitHub token", "Slack token"]


def test_the_command_says_where_and_what_a_person_allowed_is_left_out(monkeypatch):
    config = settings()
    lake = Lake(config.lake_url)
    lake.write(pl.DataFrame({"query": [f"call with {PLANTED['Hugging Face token']}"]}), lake.path("raw_candidates"))
    result = CliRunner().invoke(app, ["secrets"])
    assert result.exit_code == 1 and "lake/raw_candidates/data.parquet, row 0, column query" in result.output
    assert PLANTED["Hugging Face token"][-12:] not in result.output
    name = result.output.partition("(id ")[2].partition(")")[0]
    (config.home / ALLOWED).write_text(f"{name}  # the vendor's own example\n")
    assert CliRunner().invoke(app, ["secrets"]).exit_code == 0
    monkeypatch.setenv("HF_TOKEN", PLANTED["Hugging Face token"])
    assert CliRunner().invoke(app, ["secrets"]).exit_code == 1, "a value that is in use is never allowed"
