"""The problems that every system of golden/presets is asked: python golden/presets/problems.py

problems.json says what may be attended to, problems.safetensors holds q, k, v, dout as float32; batches.json is what the
model of golden/gpt2 is asked. Numbers come from an
integer hash, so no random generator's version matters. A maker per system reads both and records what the system gives;
`recorder.py` is what they share.

Letters: B batch, H query heads, Hkv key heads, T positions, D head size.
"""
import json, pathlib
import numpy as np
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent
B, T, D = 2, 6, 4
LEFT = [[1] * T, [0] * 3 + [1] * 3]
EMPTY = [[1] * T, [0] * T]
TRIL = np.tril(np.ones((T, T), dtype=int))

# A caller's own masks hold causality themselves, as those given to a decoder do. Query 2 of row 1 may see nothing.
open_cells = np.stack([TRIL, TRIL])[:, None].copy()
open_cells[0, 0, 4, 1] = open_cells[1, 0, 5, :2] = 0
open_cells[1, 0, 2] = 0
bias = np.array([((i * 7) % 11) / 8 - 0.625 for i in range(B * T * T)]).reshape(B, 1, T, T)
own_bias = np.where(open_cells == 1, bias, -np.inf)


def explicit(cells, dtype):
    return {"dtype": dtype, "shape": list(cells.shape), "values": [str(x) if np.isinf(x) else x for x in cells.ravel().tolist()]}


PROBLEMS = {
    "none": {},
    "causal": {"causal": True},
    "left-padding": {"causal": True, "padding": LEFT},
    "all-padding": {"causal": True, "padding": EMPTY},
    "explicit-bool": {"explicit": explicit(open_cells, "bool")},
    "explicit-float": {"explicit": explicit(own_bias, "float32")},
    # The rows of k, or of v, that padding masks are NaN: what a second layer meets after unguarded softmax.
    "nan-in-padded-keys": {"causal": True, "padding": LEFT},
    "nan-in-padded-values": {"causal": True, "padding": LEFT},
    # Scores of some tens where no key is allowed: an additive fill of 1e9 still rounds them away, a smaller one does not.
    "large-scores": {"causal": True, "padding": EMPTY},
    "grouped-heads": {"causal": True, "padding": LEFT, "H": 4, "Hkv": 2},
}

IDS = [[3, 7, 30, 1, 12, 25, 9, 9], [0, 0, 0, 5, 17, 2, 28, 4], [0, 0, 0, 0, 0, 0, 11, 6]]
PADS = [0, 3, 6]
BATCHES = {
    "left-padding": {"ids": IDS, "pads": PADS},
    # The last pad predicts the first real token: without its label every finite policy has the same loss.
    "first-token-ignored": {"ids": IDS, "pads": PADS, "ignored": [0, 1, 1]},
    "all-padding": {"ids": [IDS[0], IDS[1], [0] * 8], "pads": [0, 3, 8]},
}


def batch(ids, pads, ignored=(0, 0, 0)):
    mask = [[int(t >= p) for t in range(8)] for p in pads]
    return {
        "ids": ids,
        "mask": mask,
        "positions": [[max(t - p, 0) for t in range(8)] for p in pads],
        "labels": [[i if t >= p + n else -100 for t, i in enumerate(row)] for row, p, n in zip(ids, pads, ignored)],
    }


def numbers(seed, *shape):
    """float32 in [-1.5, 1.5), multiples of 3 / 2**20."""
    i = np.arange(np.prod(shape), dtype=np.uint32)
    with np.errstate(over="ignore"):
        x = (i + np.uint32(seed * 7919 + 1)) * np.uint32(0x9E3779B1)
        x ^= x >> np.uint32(15)
        x *= np.uint32(0x85EBCA77)
        x ^= x >> np.uint32(13)
    return ((x >> np.uint32(12)).astype(np.float64) * 3 / 2**20 - 1.5).astype(np.float32).reshape(shape)


if __name__ == "__main__":
    listed, tensors = [], {}
    for seed, (name, mask) in enumerate(PROBLEMS.items()):
        H, Hkv = mask.pop("H", 2), mask.pop("Hkv", 2)
        listed.append({"name": name, "B": B, "H": H, "Hkv": Hkv, "T": T, "D": D, "mask": mask})
        for i, (tensor, heads) in enumerate({"q": H, "k": Hkv, "v": Hkv, "dout": H}.items()):
            values = numbers(4 * seed + i, B, heads, T, D)
            if name == "large-scores" and tensor == "q":
                values[1] *= 8
            if name == {"k": "nan-in-padded-keys", "v": "nan-in-padded-values"}.get(tensor):
                values[1, :, :3] = np.nan
            tensors[f"{name}.{tensor}"] = values
    (HERE / "batches.json").write_text(json.dumps({name: batch(**b) for name, b in BATCHES.items()}) + "\n")
    (HERE / "problems.json").write_text(json.dumps(listed) + "\n")
    save_file(tensors, HERE / "problems.safetensors")
    (HERE / "problems.safetensors").chmod(0o644)
