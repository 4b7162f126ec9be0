"""Records what PyTorch's loss options and optimizers compute, for packages/trainer to be held against.

    pip install torch==2.13.0
    python golden/training/make.py

Writes cases.json and manifest.json beside this file. All arithmetic is in float64; inputs come from sines, so that
nothing is random. z-loss, which torch lacks, is written out as the PaLM paper has it and differentiated by torch.
"""

import hashlib
import json
import pathlib

import torch
from torch.nn.functional import cross_entropy

FOLDER = pathlib.Path(__file__).parent
torch.set_default_dtype(torch.float64)


def wave(*shape, scale=1.0, start=1.0):
    size = torch.Size(shape).numel()
    return (scale * torch.sin(start + 1.7 * torch.arange(size))).reshape(shape)


def flat(tensor):
    return tensor.detach().flatten().tolist()


def loss_cases():
    labels = torch.tensor([3, -100, 0, 6, -100])
    for smoothing, z in [(0, 0), (0.1, 0), (0, 1e-4), (0.1, 1e-4), (0.5, 0.01)]:
        logits = wave(5, 7, scale=3).requires_grad_()
        losses = cross_entropy(logits, labels, reduction="none", label_smoothing=smoothing)
        losses = losses + z * torch.logsumexp(logits, 1).square() * (labels >= 0)
        losses.sum().backward()
        yield {
            "labelSmoothing": smoothing,
            "zLoss": z,
            "logits": flat(logits),
            "labels": labels.tolist(),
            "losses": flat(losses),
            "gradient": flat(logits.grad),
        }


SHAPES = {"transformer.wte.weight": (5, 4), "transformer.h.0.mlp.c_fc.weight": (4, 3), "transformer.h.0.mlp.c_fc.bias": (3,)}
STEPS = 4


def optimizer_case(name, options, make, decay, clip=None):
    """`decay` is `all`, or `linear`: two groups, the second without decay, as a caller of torch writes it."""
    parameters = {key: wave(*shape).requires_grad_() for key, shape in SHAPES.items()}
    if decay == "all":
        groups = list(parameters.values())
    else:
        linear = parameters["transformer.h.0.mlp.c_fc.weight"]
        groups = [{"params": [linear]}, {"params": [p for p in parameters.values() if p is not linear], "weight_decay": 0}]
    optimizer = make(groups)
    norms = []
    for step in range(STEPS):
        for index, parameter in enumerate(parameters.values()):
            parameter.grad = wave(*parameter.shape, scale=0.5 + step, start=2.0 + step + index)
        norms.append(float(torch.nn.utils.clip_grad_norm_(parameters.values(), clip or float("inf"))))
        for group in optimizer.param_groups:
            group["lr"] = 0.01 * (step + 1)
        optimizer.step()
    values = {key: flat(value) for key, value in parameters.items()}
    return {"optimizer": name, "options": options | {"decay": decay}, "clip": clip, "norms": norms, "parameters": values}


def optimizer_cases():
    for decay in ["all", "linear"]:
        for options in [{"weightDecay": 0.1}, {"beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3, "weightDecay": 0.3}]:
            torch_options = {
                "betas": (options.get("beta1", 0.9), options.get("beta2", 0.999)),
                "eps": options.get("epsilon", 1e-8),
                "weight_decay": options["weightDecay"],
            }
            for clip in [None, 2.0]:
                yield optimizer_case("AdamW", options, lambda g: torch.optim.AdamW(g, **torch_options), decay, clip)
        for options in [
            {},
            {"momentum": 0.9},
            {"momentum": 0.9, "weightDecay": 0.1},
            {"momentum": 0.9, "weightDecay": 0.1, "nesterov": True},
        ]:
            torch_options = {
                "momentum": options.get("momentum", 0),
                "weight_decay": options.get("weightDecay", 0),
                "nesterov": options.get("nesterov", False),
            }
            yield optimizer_case("SGD", options, lambda g: torch.optim.SGD(g, lr=1, **torch_options), decay)


def main():
    record = {"losses": list(loss_cases()), "shapes": SHAPES, "optimizers": list(optimizer_cases())}
    text = json.dumps(record, indent=1) + "\n"
    (FOLDER / "cases.json").write_text(text, newline="\n")
    manifest = {
        "producer": "torch.nn.functional.cross_entropy, torch.optim.AdamW, torch.optim.SGD, clip_grad_norm_",
        "command": "python golden/training/make.py",
        "versions": {"torch": torch.__version__.split("+")[0]},
        "cases": len(record["losses"]) + len(record["optimizers"]),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    (FOLDER / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", newline="\n")


if __name__ == "__main__":
    main()
