"""torch.nn.functional.scaled_dot_product_attention on the CPU: python golden/presets/make_torch.py, once per release.

    pip install torch==2.4.1 'numpy<2' safetensors    records torch-2.4.1, for the preset torch-2.4
    pip install torch==2.5.1 'numpy<2' safetensors    records torch-2.5.1, for the preset torch-2.5
    pip install torch==2.13.0 numpy safetensors       records torch-2.13.0, for the preset torch-2.5

The MATH backend is recorded, as it is the one whose source the presets name; the flash kernel that the CPU takes by
itself is recorded beside it, under `flash.`. A mask AND is_causal=True is asked of both, and the answer noted.
"""
import numpy as np, torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel
from recorder import first_line, problems, write

VERSION = torch.__version__.split("+")[0]
BEFORE_GUARD = tuple(int(x) for x in VERSION.split(".")[:2]) < (2, 5)
GROUPED = "enable_gqa came with 2.5"


def mask_of(problem):
    allowed = problem.float if problem.float is not None else problem.allowed()
    return None if allowed is None else torch.tensor(allowed)


def run(problem, backend, mask, causal):
    q, k, v = (torch.tensor(x, requires_grad=True) for x in (problem.q, problem.k, problem.v))
    more = {"enable_gqa": True} if problem.grouped else {}
    with sdpa_kernel([backend]):
        out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal, **more)
    return dict(zip(("out", "dq", "dk", "dv"), (out.detach(), *torch.autograd.grad(out, (q, k, v), torch.tensor(problem.dout)))))


results, left_out, notes, differs = {}, {}, [], []
for problem in problems():
    if problem.grouped and BEFORE_GUARD:
        left_out[problem.name] = GROUPED
        continue
    plain = problem.causal and problem.padding is None
    asked = (None, True) if plain else (mask_of(problem), False)
    math = run(problem, SDPBackend.MATH, *asked)
    results |= {f"{problem.name}.{name}": x.numpy() for name, x in math.items()}
    try:
        flash = run(problem, SDPBackend.FLASH_ATTENTION, *asked)
        results |= {f"flash.{problem.name}.{name}": x.numpy() for name, x in flash.items()}
    except RuntimeError as error:
        notes.append(f"flash, {problem.name}: {first_line(error)}")
    if problem.name != "left-padding":
        continue
    keys = torch.tensor(problem.padding[:, None, None, :].astype(bool)).expand(-1, -1, 6, -1)
    for name, backend in (("math", SDPBackend.MATH), ("flash", SDPBackend.FLASH_ATTENTION)):
        try:
            both = run(problem, backend, keys, True)
            near = all(torch.nan_to_num(both[x] - math[x]).abs().max() < 1e-5 for x in both)
            fewer = [x for x in both if not torch.equal(both[x].isnan(), math[x].isnan())]
            answer = "both hold (AND)" if near else "neither refused nor AND"
            notes.append(f"{name}, a mask and is_causal=True: {answer}" + (f"; other NaN places in {', '.join(fewer)}" if fewer else ""))
        except RuntimeError as error:
            notes.append(f"{name}, a mask and is_causal=True: {first_line(error)}")

for name in sorted({name.rsplit(".", 1)[0] for name in results if name.startswith("flash.")}):
    pairs = [(results[f"{name}.{x}"], results[f"{name.removeprefix('flash.')}.{x}"]) for x in ("out", "dq", "dk", "dv")]
    if not all(np.array_equal(np.isnan(a), np.isnan(b)) for a, b in pairs):
        differs.append({"id": f"flash-nan:{name}", "problem": name, "what": "other NaN places than MATH"})

write(
    f"torch-{VERSION}",
    results,
    presets=["torch-2.4" if BEFORE_GUARD else "torch-2.5"],
    system="torch.nn.functional.scaled_dot_product_attention, CPU, MATH and flash",
    compared="out, dq, dk, dv",
    command="python golden/presets/make_torch.py",
    versions={"torch": VERSION, "numpy": np.__version__},
    left_out=left_out,
    differs=differs,
    notes=notes,
)
