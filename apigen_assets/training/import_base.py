"""A base out of a GGUF file: its weights dequantised once, as a folder that recipes start from."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import NamedTuple

from apigen_assets.files.folders import staged
from apigen_assets.files.json_types import JsonObject
from apigen_assets.training.models import BaseError
from apigen_assets.training.prompt_format import check_chat_template

ORIGIN = "base.json"
"""Where a base came from, in its folder."""

_LICENSE_KEY, _NAME_KEY = "general.license", "general.name"


class ImportedBase(NamedTuple):
    """What was imported."""

    path: Path
    model_type: str
    parameters: int
    license: str | None
    """As given, else as the file names it; null where neither does."""
    chat: str | None
    """Why `prompt_style: chat` cannot be used with it; null where it can."""


def import_base(file: Path, out: Path, license_: str | None = None) -> ImportedBase:
    """Write the model of a GGUF file as safetensors with its tokenizer, in place of what stands at `out`.

    Args:
        file: the GGUF file, of any quantisation that transformers reads.
        out: the folder; it is replaced whole.
        license_: licence of the weights, where the file does not name it.

    Raises:
        BaseError: the file is missing, is not GGUF, is cut, or holds a model that transformers does not read; or what
            stands at `out` is no model.
    """
    if not file.is_file():
        raise BaseError(f"{file} is a folder: name a GGUF file in it" if file.is_dir() else f"there is no file {file}")
    _check_replaceable(out)
    with file.open("rb") as opened:
        if opened.read(4) != b"GGUF":
            raise BaseError(f"{file} is not a GGUF file: name a folder with safetensors in the recipe instead")
    fields = _fields(file)
    license_ = license_ or fields.get(_LICENSE_KEY)
    with staged(out) as staging:
        model_type, parameters, chat = _convert(file, staging)
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        origin: JsonObject = {
            "file": file.name,
            "sha256": digest,
            "name": fields.get(_NAME_KEY),
            "license": license_,
            "note": "weights dequantised from GGUF: what quantisation lost stays lost",
        }
        (staging / ORIGIN).write_text(json.dumps(origin, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return ImportedBase(out, model_type, parameters, license_, chat)


def _check_replaceable(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise BaseError(f"--out {out} is a file: name a folder for the model")
    if out.is_dir() and any(out.iterdir()) and not any((out / name).is_file() for name in (ORIGIN, "config.json")):
        raise BaseError(f"--out {out} holds something that is no model and would be lost: name another folder")


def _convert(file: Path, staging: Path) -> tuple[str, int, str | None]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    folder, name = str(file.resolve().parent), file.name
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=name)
        # Left in GGUF's blocks, the weights could be neither trained nor saved.
        model = AutoModelForCausalLM.from_pretrained(
            folder, gguf_file=name, quantization_config=GgufConfig(dequantize=True), dtype=torch.float32
        )
    except (ValueError, KeyError, RuntimeError, ImportError, NotImplementedError, OSError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise BaseError(f"{file} cannot be read: {first}") from None
    model = model.to(torch.bfloat16)
    if getattr(model.config, "quantization_config", None) is not None:
        del model.config.quantization_config
    model.save_pretrained(staging)
    tokenizer.save_pretrained(staging)
    for leftover in staging.glob("*.gguf"):
        leftover.unlink()
    shutil.rmtree(staging / ".cache", ignore_errors=True)
    chat: str | None = None
    try:
        check_chat_template(tokenizer)
    except ValueError as error:
        chat = str(error)
    return str(model.config.model_type), sum(weights.numel() for weights in model.parameters()), chat


def _fields(file: Path) -> dict[str, str]:
    """The texts that a GGUF file says of itself."""
    try:
        from gguf import GGUFReader
    except ImportError:
        raise BaseError("the package gguf is not installed: pip install 'apigen[train]'") from None
    try:
        reader = GGUFReader(file)
    except (ValueError, OSError, KeyError, IndexError) as error:
        first = next(iter(str(error).splitlines()), type(error).__name__)
        raise BaseError(
            f"{file} cannot be read as a whole GGUF file: get it again and compare its size ({first})"
        ) from None
    out = {}
    for key in (_LICENSE_KEY, _NAME_KEY):
        field = reader.get_field(key)
        if field is not None:
            out[key] = str(field.contents())
    return out
