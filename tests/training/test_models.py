"""In which precision a model answers."""

import pytest

torch = pytest.importorskip("torch")

from apigen_assets.training import models  # noqa: E402


def _model(dtype):
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2, vocab_size=40
    )
    return LlamaForCausalLM(config).to(dtype).train()


@pytest.mark.parametrize(
    ("own", "smallest", "features", "expected"),
    [
        (torch.bfloat16, 0, {"avx512_bf16": True}, torch.bfloat16),
        (torch.bfloat16, 0, {"amx_bf16": True}, torch.bfloat16),
        (torch.bfloat16, 0, {"avx512_bf16": False}, torch.float32),
        (torch.bfloat16, models.SMALL, {"avx512_bf16": True}, torch.float32),
        (torch.float32, 0, {"avx512_bf16": True}, torch.float32),
        (torch.float16, 0, {"avx512_bf16": True}, torch.float32),
    ],
)
def test_a_cpu_answers_in_bf16_only_where_it_multiplies_it_and_the_weights_are_bf16(
    own, smallest, features, expected, monkeypatch
):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: features)
    monkeypatch.setattr(models, "SMALL", smallest)
    ready = models.ready_to_answer(_model(own), "cpu")
    assert ready.dtype == expected
    assert not ready.training
