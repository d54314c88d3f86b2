"""A base out of a GGUF file: written by the format's own package, read as transformers reads any other."""

import json

import pytest
from typer.testing import CliRunner

from apigen_assets.cli.main import app
from apigen_assets.training.import_base import ORIGIN, import_base
from apigen_assets.training.models import BaseError

gguf = pytest.importorskip("gguf", reason="needs the train extra")
np = pytest.importorskip("numpy")

LAYERS, WIDTH, HEADS, INNER = 2, 64, 2, 64
TOKENS = ["<unk>", "<s>", "</s>", *[chr(code) for code in range(97, 123)], "Ġ", "ab", "Ġa"]
HERMES = (
    "{% for t in tools or [] %}{{ t | tojson }}{% endfor %}{% for m in messages %}<|{{ m.role }}|>{{ m.content or '' }}"
    "{% for c in m.tool_calls or [] %}<tool_call>{{ c.function | tojson }}</tool_call>{% endfor %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def write_gguf(path, *, template=None, license_=None):
    """A Llama of 64 dimensions with quantised weights and a small tokenizer."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("Tiny")
    if license_:
        writer.add_license(license_)
    writer.add_context_length(128)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_rope_freq_base(10_000.0)
    writer.add_vocab_size(len(TOKENS))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(TOKENS)
    writer.add_token_types([3, 3, 3] + [1] * (len(TOKENS) - 3))
    writer.add_token_merges(["a b", "Ġ a"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    if template:
        writer.add_chat_template(template)
    rng = np.random.default_rng(0)

    def add(name, *shape, quantised=True):
        values = rng.normal(0, 0.05, shape).astype(np.float32)
        if quantised:
            kind = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)
        else:
            writer.add_tensor(name, values)

    add("token_embd.weight", len(TOKENS), WIDTH)
    add("output_norm.weight", WIDTH, quantised=False)
    for layer in range(LAYERS):
        for part in ("q", "k", "v", "output"):
            add(f"blk.{layer}.attn_{part}.weight", WIDTH, WIDTH)
        for part in ("gate", "up"):
            add(f"blk.{layer}.ffn_{part}.weight", INNER, WIDTH)
        add(f"blk.{layer}.ffn_down.weight", WIDTH, INNER)
        for part in ("attn", "ffn"):
            add(f"blk.{layer}.{part}_norm.weight", WIDTH, quantised=False)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_the_folder_is_a_model_with_its_tokenizer_and_its_origin(tmp_path):
    transformers = pytest.importorskip("transformers", reason="needs the train extra")
    base = import_base(write_gguf(tmp_path / "tiny.gguf", license_="apache-2.0"), tmp_path / "base")
    assert base.model_type == "llama" and base.license == "apache-2.0"
    assert "prompt_style: xlam" in (base.chat or ""), "it has no chat template at all"
    model = transformers.AutoModelForCausalLM.from_pretrained(base.path)
    assert sum(weights.numel() for weights in model.parameters()) == base.parameters
    assert getattr(model.config, "quantization_config", None) is None, "it can be trained and saved"
    assert transformers.AutoTokenizer.from_pretrained(base.path)("ab a")["input_ids"]
    origin = json.loads((base.path / ORIGIN).read_text())
    assert origin["file"] == "tiny.gguf" and origin["name"] == "Tiny" and len(origin["sha256"]) == 64
    assert not list(base.path.glob("*.gguf"))


def test_the_command_says_which_prompts_the_base_can_take(tmp_path):
    pytest.importorskip("transformers", reason="needs the train extra")
    file = write_gguf(tmp_path / "tiny.gguf", template=HERMES)
    done = CliRunner().invoke(app, ["import-base", str(file), "--out", str(tmp_path / "base"), "--license", "mit"])
    assert done.exit_code == 0, done.output
    assert "licence mit" in done.output and "prompt_style" not in done.output
    again = write_gguf(tmp_path / "other.gguf", template="{% for m in messages %}{{ m.content }}{% endfor %}")
    done = CliRunner().invoke(app, ["import-base", str(again), "--out", str(tmp_path / "base")])
    assert "not stated: look it up" in done.output and "use `prompt_style: xlam`" in done.output


def test_what_is_not_a_gguf_file_is_refused_and_the_old_base_stays(tmp_path):
    old = tmp_path / "base" / "config.json"
    old.parent.mkdir()
    old.write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"not one")
    (tmp_path / "cut.gguf").write_bytes(b"GGUF\x03\x00\x00")
    for name, says in (
        ("none.gguf", "no file"),
        ("model.safetensors", "not a GGUF file"),
        ("cut.gguf", "cannot be read"),
    ):
        with pytest.raises(BaseError, match=says):
            import_base(tmp_path / name, tmp_path / "base")
    assert old.read_text() == "{}"


def test_what_is_no_model_is_not_replaced(tmp_path):
    file = tmp_path / "model.gguf"
    write_gguf(file)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "todo.txt").write_text("mine")
    for out, says in ((file, "is a file"), (tmp_path / "notes", "would be lost"), (tmp_path, "would be lost")):
        with pytest.raises(BaseError, match=says):
            import_base(file, out)
    assert (tmp_path / "notes" / "todo.txt").read_text() == "mine" and file.is_file()
    with pytest.raises(BaseError, match="is a folder"):
        import_base(tmp_path, tmp_path / "base")
