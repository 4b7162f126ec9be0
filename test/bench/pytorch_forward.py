"""Times a forward pass and its loss in PyTorch eager: the yardstick of `pnpm bench eval`, when Python has torch.

GPT-2 as in pytorch_gpt2.py, every other family as transformers has it, with sdpa. Random weights, float32, no gradients, the
same shape and cores as the other rows. Prints one JSON object.

    python3 test/bench/pytorch_forward.py CONFIG_JSON BATCH LENGTH BATCHES
"""

import json
import sys
import time
from typing import Callable

import torch
from torch.nn import functional as F


def forward(config: dict) -> Callable[[torch.Tensor], torch.Tensor]:
    """The logits of ids [B, T] under a config.json."""
    if config.get("model_type", "gpt2") == "gpt2":
        from pytorch_gpt2 import Gpt2

        return Gpt2(config["n_layer"], config["n_embd"], config["n_head"], config["vocab_size"]).eval()
    from transformers import AutoConfig, AutoModelForCausalLM

    model_type = config.pop("model_type")
    model = AutoModelForCausalLM.from_config(
        AutoConfig.for_model(model_type, **config), attn_implementation="sdpa", dtype=torch.float32
    ).eval()
    return lambda ids: model(ids, use_cache=False).logits


def main() -> None:
    config = json.loads(sys.argv[1])
    batch, length, batches = map(int, sys.argv[2:5])
    torch.manual_seed(0)
    vocabulary = config["vocab_size"]
    model = forward(config)
    ids = torch.randint(vocabulary, (batch, length))
    seconds = []
    with torch.inference_mode():
        for _ in range(batches + 1):
            start = time.perf_counter()
            logits = model(ids)[:, :-1]
            F.cross_entropy(logits.reshape(-1, vocabulary), ids[:, 1:].reshape(-1)).item()
            logits.argmax(-1).sum().item()
            seconds.append(time.perf_counter() - start)
    print(json.dumps({"torch": torch.__version__, "threads": torch.get_num_threads(), "seconds": seconds[1:]}))


main()
