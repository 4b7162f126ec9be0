"""Tiny models of random weights, and batches with left padding, for the tests; `python tests/tiny.py FOLDER` writes both."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch

VOCABULARY = 64


def gpt2(folder: Path) -> Path:
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    config = GPT2Config(vocab_size=VOCABULARY, n_positions=32, n_embd=32, n_layer=2, n_head=4, bos_token_id=0, eos_token_id=0)
    GPT2LMHeadModel(config).save_pretrained(folder / "gpt2")
    return folder / "gpt2"


def llama(folder: Path) -> Path:
    """Two query heads share one of keys and values."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2}
    config = LlamaConfig(vocab_size=VOCABULARY, max_position_embeddings=32, bos_token_id=0, eos_token_id=0, **sizes)
    LlamaForCausalLM(config).save_pretrained(folder / "llama")
    return folder / "llama"


def ready(folder: Path) -> Path:
    """A batch as `--load-inputs` takes it."""
    from safetensors.torch import save_file

    line = batch_line(0)
    names = {"inputIds": "input_ids", "attentionMask": "attention_mask", "labels": "labels", "positionIds": "position_ids"}
    save_file({name: torch.tensor(line[key]).reshape(line["batch"], line["length"]) for key, name in names.items()}, folder / "inputs.safetensors")
    return folder / "inputs.safetensors"


def batch_line(index: int, rows: int = 2, length: int = 8, pads: int = 3) -> dict[str, Any]:
    generator = torch.Generator().manual_seed(index)
    ids = torch.randint(1, VOCABULARY, (rows, length), generator=generator)
    mask = torch.ones(rows, length, dtype=torch.int64)
    mask[0, :pads] = 0
    grids = {"inputIds": ids, "attentionMask": mask, "labels": torch.where(mask == 1, ids, -100), "positionIds": (mask.cumsum(1) - 1).clamp(min=0)}
    return {"index": index, "batch": rows, "length": length, **{name: grid.reshape(-1).tolist() for name, grid in grids.items()}, "rows": [{"source": "a.txt", "line": 1}, None]}


def inputs(folder: Path, batches: int = 2) -> Path:
    path = folder / "inputs.jsonl"
    path.write_text("".join(json.dumps(batch_line(index)) + "\n" for index in range(batches)), encoding="utf-8")
    return path


def task(model: Path, data: Path, folder: Path, **settings: Any) -> dict[str, Any]:
    return {"protocol": 1, "kind": "evaluate", "device": "cpu", "folder": str(folder), "task": {"role": "target", "model": str(model), "inputs": str(data), "batches": 2, **settings}}


if __name__ == "__main__":
    where = Path(sys.argv[1])
    where.mkdir(parents=True, exist_ok=True)
    gpt2(where)
    llama(where)
    inputs(where)
    ready(where)
