"""GPT-2's attention in transformers, and GPT-2 itself, on the CPU: python golden/presets/make_transformers.py, once per pair.

    pip install transformers==4.57.6 torch==2.13.0             for transformers-4.57-eager and transformers-4.57-sdpa
    pip install transformers==4.57.6 torch==2.15.0             the same
    pip install transformers==4.57.6 torch==2.4.1 'numpy<2'    sdpa alone: what 4.57 does over a PyTorch without its guard
    pip install transformers==5.18.0 torch==2.13.0             for transformers-5-eager and transformers-5-sdpa
    pip install transformers==5.24.0 torch==2.15.0             the same

Kernel level: the model is run on the problem's mask, the arguments that reach its attention function are caught, and the
same function is called with the problem's q, k and v in their place. So mask, scale and kernel are the model's own.
Model level: loss, logits and every gradient of the model in golden/gpt2, in float64, with what float32 errs in the
manifest and the same places of NaN in both. Settings: its loss and logits under each setting of the scale that a GPT-2
can have in its config.
"""
import pathlib
import numpy as np, torch, transformers
from transformers import GPT2LMHeadModel
from caught import caught
from recorder import batches, problems, write

TORCH = torch.__version__.split("+")[0]
MODEL = pathlib.Path(__file__).parents[1] / "gpt2" / "model"
LEFT_OUT = {"none": "GPT-2 is always causal", "grouped-heads": "GPT-2 has a key head for each query head"}
SETTINGS = {"unscaled": {"scale_attn_weights": False}, "by-layer": {"scale_attn_by_inverse_layer_idx": True}}
GUARDED = tuple(int(x) for x in TORCH.split(".")[:2]) >= (2, 5)


def mask_of(problem):
    own = problem.float if problem.float is not None else problem.bool
    return torch.tensor(own) if own is not None else None if problem.padding is None else torch.tensor(problem.padding)


def kernel_level(implementation):
    for problem in problems():
        if problem.name in LEFT_OUT:
            continue
        function = caught(implementation, mask_of(problem))
        q, k, v = (torch.tensor(x, requires_grad=True) for x in (problem.q, problem.k, problem.v))
        out = function(q, k, v)
        gradients = torch.autograd.grad(out, (q, k, v), torch.tensor(problem.dout))
        for name, x in zip(("out", "dq", "dk", "dv"), (out.detach(), *gradients)):
            yield f"{problem.name}.{name}", x.numpy()


def model_run(implementation, dtype):
    model = GPT2LMHeadModel.from_pretrained(MODEL, attn_implementation=implementation).to(dtype).eval()
    for name, batch in batches().items():
        ids, mask, positions, labels = (torch.tensor(batch[x]) for x in ("ids", "mask", "positions", "labels"))
        model.zero_grad()
        logits = model(input_ids=ids, attention_mask=mask, position_ids=positions).logits
        # The model's own loss casts its logits to float32 first.
        loss = torch.nn.functional.cross_entropy(logits[:, :-1].reshape(-1, logits.shape[-1]), labels[:, 1:].reshape(-1))
        loss.backward()
        yield f"model.{name}.loss", loss.detach().numpy().reshape(1)
        yield f"model.{name}.logits", logits.detach().numpy()
        for parameter, x in model.named_parameters():
            yield f"model.{name}.grad.{parameter}", x.grad.numpy().copy()


def model_level(implementation):
    """The tensors in float64, and the largest difference of float32 from them: of loss, of logits, of gradients."""
    exact, single = (dict(model_run(implementation, dtype)) for dtype in (torch.float64, torch.float32))
    noise = {}
    for name, x in exact.items():
        assert np.array_equal(np.isfinite(x), np.isfinite(single[name])), name
        kind = name.split(".")[2]
        noise[kind] = max(noise.get(kind, 0), float(np.nan_to_num(np.abs(single[name] - x)).max()))
    return exact, noise


def setting_level(implementation):
    """Loss and logits of the model in float64 under each setting of the scale."""
    batch = batches()["left-padding"]
    ids, mask, positions, labels = (torch.tensor(batch[x]) for x in ("ids", "mask", "positions", "labels"))
    for name, setting in SETTINGS.items():
        model = GPT2LMHeadModel.from_pretrained(MODEL, attn_implementation=implementation, **setting).to(torch.float64).eval()
        with torch.no_grad():
            logits = model(input_ids=ids, attention_mask=mask, position_ids=positions).logits
        yield f"setting.{name}.logits", logits.numpy()
        loss = torch.nn.functional.cross_entropy(logits[:, :-1].reshape(-1, logits.shape[-1]), labels[:, 1:].reshape(-1))
        yield f"setting.{name}.loss", loss.numpy().reshape(1)


release = ".".join(transformers.__version__.split(".")[: 2 if transformers.__version__[0] == "4" else 1])
for implementation in ("eager", "sdpa") if GUARDED else ("sdpa",):
    differs = []
    if implementation == "eager":
        what = "a bool mask of the caller's own, [B, 1, T, T], is added to the scores as 0 and 1 instead of closing them"
        differs = [{"id": "bool-mask-added", "problem": "explicit-bool", "what": what}]
    if not GUARDED:
        what = "a mask of the caller's own is not opened: its rows without a key are NaN"
        differs = [{"id": f"own-mask-not-opened:{name}", "problem": name, "what": what} for name in ("explicit-bool", "explicit-float")]
    model, noise = model_level(implementation)
    write(
        f"transformers-{transformers.__version__}-{implementation}" + ("" if TORCH == "2.13.0" else f"-torch-{TORCH}"),
        dict(kernel_level(implementation)) | model | dict(setting_level(implementation)),
        presets=[f"transformers-{release}-{implementation}"],
        **({} if GUARDED else {"row_guard": "attend-all"}),
        causal=True,
        noise=noise,
        system=f"GPT-2 of transformers, attn_implementation={implementation}, CPU",
        compared="out, dq, dk, dv; loss, logits and gradients of a model",
        command="python golden/presets/make_transformers.py",
        versions={"transformers": transformers.__version__, "torch": TORCH, "numpy": np.__version__},
        left_out=LEFT_OUT,
        differs=differs,
    )
