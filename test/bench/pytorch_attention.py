"""Times PyTorch's scaled_dot_product_attention, causal, float32: the yardstick of `pnpm bench attention`.

Prints one JSON object.

    python3 test/bench/pytorch_attention.py BATCH HEADS LENGTH HEAD_SIZE ROUNDS BACKWARD
"""

import json
import sys
import time

import torch
from torch.nn import functional as F


def main() -> None:
    batch, heads, length, size, rounds, backward = map(int, sys.argv[1:7])
    torch.manual_seed(0)
    q, k, v = (torch.rand(batch, heads, length, size, requires_grad=bool(backward)) for _ in range(3))
    seconds = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        out = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        if backward:
            torch.autograd.grad(out.sum(), (q, k, v))
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"torch": torch.__version__, "threads": torch.get_num_threads(), "seconds": seconds[1:]}))


main()
