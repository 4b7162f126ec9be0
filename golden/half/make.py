"""Attention in float16 on the CPU, where its scores overflow: python golden/half/make.py, once per pair.

    pip install transformers==5.24.0 torch==2.15.0    writes problems.safetensors, and records transformers-5.24.0-*, torch-2.15.0-*
    pip install transformers==4.57.6 torch==2.15.0    records transformers-4.57.6-*

Asked of GPT-2's own attention function in transformers (the arguments are caught from a model in float16) and of
scaled_dot_product_attention, with its MATH and its flash kernel. q and k are small multiples of 1/8 times a power of two,
so that their products are exact in float32 in any order, and only where a system rounds to half tells the systems apart.

Letters: B batch, H heads, T positions, D head size.
"""
import hashlib, json, pathlib, sys
import numpy as np, torch, transformers
import torch.nn.functional as F
from safetensors.numpy import load_file, save_file
from torch.nn.attention import SDPBackend, sdpa_kernel

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "presets"))
from caught import caught
from problems import numbers

TORCH = torch.__version__.split("+")[0]
B, H, T = 2, 2, 6
OPEN = [[1] * T] * 2
LEFT = [[1] * T, [0] * 3 + [1] * 3]
# name: (padding, D, what q and k are times). q k^T is at most D * 12 * 12 / 64 times the product of the two.
PROBLEMS = {
    "ordinary": (OPEN, 16, 1, 1),
    "masked-rows": (LEFT, 16, 1, 1),
    # Above 65504 before the scale of 1/8, below after it.
    "product-overflows": (OPEN, 64, 128, 64),
    "product-overflows-masked-rows": (LEFT, 64, 128, 64),
    # Above 65504 after the scale as well.
    "score-overflows": (OPEN, 64, 512, 256),
    "score-overflows-masked-rows": (LEFT, 64, 512, 256),
    # Added to finfo.min, such scores leave the range of half or come back into sight.
    "near-finfo-min": (LEFT, 16, 256, 64),
}


def eighths(seed, *shape):
    return np.round(numbers(seed, *shape) * 8).astype(np.float32) / 8


def problems():
    for seed, (name, (padding, D, q, k)) in enumerate(PROBLEMS.items()):
        factors = {"q": q, "k": k, "v": 1}
        yield name, np.array(padding), {x: eighths(3 * seed + i, B, H, T, D) * f for i, (x, f) in enumerate(factors.items())}


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write(folder, run, presets, system):
    """`run(padding, q, k, v)` is asked every problem."""
    target = HERE / folder
    target.mkdir(exist_ok=True)
    results = {}
    for name, padding, x in problems():
        out = run(torch.tensor(padding), *(torch.tensor(x[i]).half() for i in "qkv"))
        assert out.dtype == torch.float16, out.dtype
        results[f"{name}.out"] = np.ascontiguousarray(out.float().numpy())
    save_file(results, target / "results.safetensors")
    versions = {"torch": TORCH, "numpy": np.__version__}
    if "transformers" in folder:
        versions = {"transformers": transformers.__version__} | versions
    manifest = {
        "presets": presets, "system": system, "command": "python golden/half/make.py", "versions": versions,
        "sha256": {"problems.json": digest(HERE / "problems.json"), "problems.safetensors": digest(HERE / "problems.safetensors"), "results.safetensors": digest(target / "results.safetensors")},
    }
    (target / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


def model(implementation):
    return lambda padding, q, k, v: caught(implementation, padding, torch.float16, q.shape[-1])(q, k, v).detach()


def kernel(backend):
    def run(padding, q, k, v):
        allowed = torch.ones(T, T, dtype=torch.bool).tril() & padding[:, None, None, :].bool()
        with sdpa_kernel([backend]):
            return F.scaled_dot_product_attention(q, k, v, attn_mask=allowed)

    return run


listed = [{"name": name, "padding": padding.tolist(), "B": B, "H": H, "T": T, "D": x["q"].shape[-1]} for name, padding, x in problems()]
(HERE / "problems.json").write_text(json.dumps(listed) + "\n")
save_file({f"{name}.{i}": x[i] for name, _, x in problems() for i in "qkv"}, HERE / "problems.safetensors")
release = ".".join(transformers.__version__.split(".")[: 2 if transformers.__version__[0] == "4" else 1])
for implementation in ("eager", "sdpa"):
    write(f"transformers-{transformers.__version__}-{implementation}", model(implementation), [f"transformers-{release}-{implementation}"], f"GPT-2 of transformers in float16, attn_implementation={implementation}, CPU")
if release == "5":
    for name, backend in (("math", SDPBackend.MATH), ("flash", SDPBackend.FLASH_ATTENTION)):
        write(f"torch-{TORCH}-{name}", kernel(backend), ["torch-2.5"], f"torch.nn.functional.scaled_dot_product_attention in float16, CPU, {name}")
