"""Times training steps in PyTorch eager: the yardstick of `pnpm bench train`, when Python has torch.

Forward, loss, backward, clipping to a global norm of 1, AdamW, and the loss read back, as a training loop does it.
Random weights, float32, the same shape and cores as the other rows. Prints one JSON object.

    python3 test/bench/pytorch_train.py LAYERS WIDTH HEADS VOCABULARY BATCH LENGTH STEPS
"""

import json
import sys
import time

import torch
from torch.nn import functional as F

from pytorch_gpt2 import Gpt2

WARM_UP = 4


def main() -> None:
    layers, width, heads, vocabulary, batch, length, steps = map(int, sys.argv[1:8])
    torch.manual_seed(0)
    model = Gpt2(layers, width, heads, vocabulary)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    ids = torch.randint(vocabulary, (batch, length))
    seconds = []
    for _ in range(WARM_UP + steps):
        start = time.perf_counter()
        optimizer.zero_grad()
        logits = model(ids)[:, :-1]
        loss = F.cross_entropy(logits.reshape(-1, vocabulary), ids[:, 1:].reshape(-1))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        loss.item()
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"torch": torch.__version__, "threads": torch.get_num_threads(), "seconds": seconds[WARM_UP:]}))


main()
