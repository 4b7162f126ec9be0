"""Times GPT-2's forward pass and loss in PyTorch eager: the yardstick of `pnpm bench eval`, when Python has torch.

Random weights, float32, no gradients, the same shape and cores as the other rows. Prints one JSON object.

    python3 test/bench/pytorch_forward.py LAYERS WIDTH HEADS VOCABULARY BATCH LENGTH BATCHES
"""

import json
import sys
import time

import torch
from torch.nn import functional as F

from pytorch_gpt2 import Gpt2


def main() -> None:
    layers, width, heads, vocabulary, batch, length, batches = map(int, sys.argv[1:8])
    torch.manual_seed(0)
    model = Gpt2(layers, width, heads, vocabulary).eval()
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
