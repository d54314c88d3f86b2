"""Servers that answer under any name, and what they say they hold."""

import pytest

from resources.llm.generators import STANDINS, Generator
from resources.llm.served import doubts
from tests.helpers.chat_server import ChatServer


@pytest.mark.parametrize(
    ("model", "served"),
    [
        ("qwen2.5-coder-7b", ["qwen2.5-coder-7b"]),
        ("Qwen/Qwen2.5-7B-Instruct", ["other", "Qwen/Qwen2.5-7B-Instruct"]),
        ("qwen-0.5b", ["/models/gguf/qwen-0.5b.gguf"]),
        ("Qwen-0.5B.gguf", ["C:\\models\\qwen-0.5b.gguf"]),
        ("llama3.2", ["llama3.2:latest"]),
        ("anything", []),
    ],
)
def test_a_model_that_the_server_lists_or_may_hold_raises_no_doubt(model, served):
    with ChatServer(models=served) as server:
        assert doubts([Generator(name="g", base_url=server.url, model=model)]) == []


@pytest.mark.parametrize("served", [["qwen-0.5b.gguf"], [f"model-{number}" for number in range(9)], ["qwen-7b-base"]])
def test_a_model_that_the_server_does_not_list_is_named_with_what_it_lists(served):
    with ChatServer(models=served) as server:
        judge = Generator(name="judge", base_url=server.url, model="qwen-7b", judge=True)
        [said] = doubts([judge, judge])
    assert all(word in said for word in ("'judge'", "'qwen-7b'", served[0], server.url, "generators.yaml"))
    assert len(said) < 500


def test_two_models_at_one_address_are_doubted_where_the_server_does_not_say_what_it_holds():
    with ChatServer(models_status=404) as silent, ChatServer(models=["small", "large"]) as both:
        for server, count in ((silent, 1), (both, 0)):
            writer = Generator(name="writer", base_url=server.url, model="small")
            judge = Generator(name="judge", base_url=server.url, model="large")
            said = doubts([writer, judge])
            assert len(said) == count
            assert all("'small' and 'large'" in sentence for sentence in said)
            assert doubts([writer, writer.model_copy(update={"name": "again"})]) == []


def test_who_cannot_be_asked_raises_no_doubt_and_no_error(monkeypatch):
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    nobody = Generator(name="g", base_url="http://127.0.0.1:9/v1", model="m")
    keyless = Generator(name="k", base_url="http://127.0.0.1:9/v2", model="m", api_key_variable="NO_SUCH_KEY")
    assert doubts([nobody, keyless, *STANDINS]) == []
