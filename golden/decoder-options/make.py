"""Options of the decoder's families, from transformers' own classes: python golden/decoder-options/make.py

    pip install transformers==5.24.0 torch==2.15.0

Each case of cases.json is a config.json: what all tiny models have, then what the family has, then its own settings, where null
in `without` takes a key away. Weights are a formula of the parameter's name, so that none has to be stored. Recorded are the loss
in float64, the loss in float32, and the norm of every gradient; RMSNorm and the tables of rotary positions exist in float32 only.
Attention is a plain one: a query without an allowed key gives 0.
"""
import hashlib, json, pathlib
import numpy, torch, transformers
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask
from transformers.modeling_utils import AttentionInterface

HERE = pathlib.Path(__file__).parent
FILE = json.loads((HERE / "cases.json").read_text())


def attention(module, query, key, value, mask, scaling=None, softcap=None, **_):
    groups = query.shape[1] // key.shape[1]
    key, value = (x.repeat_interleave(groups, dim=1) for x in (key, value))
    scores = query @ key.transpose(2, 3) * (query.shape[-1] ** -0.5 if scaling is None else scaling)
    if softcap is not None:
        scores = softcap * torch.tanh(scores / softcap)
    live = mask.any(-1, keepdim=True)
    scores = scores.masked_fill(~mask, float("-inf")).masked_fill(~live, 0)
    mixed = (scores.softmax(-1) @ value).masked_fill(~live, 0)
    return mixed.transpose(1, 2).contiguous(), None


def mask(*args, **kwargs):
    return sdpa_mask(*args, **{**kwargs, "allow_is_causal_skip": False})


AttentionInterface.register("plain", attention)
AttentionMaskInterface.register("plain", mask)


def value_of(name, size):
    """Numbers from -0.5 to 0.5, the same in every language: FNV-1a of the name, then a mixing of 32 bits."""
    seed = 0x811C9DC5
    for unit in name:
        seed = ((seed ^ ord(unit)) * 0x01000193) & 0xFFFFFFFF
    bits = numpy.uint64(0xFFFFFFFF)
    x = (numpy.uint64(seed) + numpy.arange(size, dtype=numpy.uint64) * numpy.uint64(0x9E3779B9)) & bits
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x = ((x ^ (x >> numpy.uint64(shift))) * numpy.uint64(factor)) & bits
    x ^= x >> numpy.uint64(16)
    return x.astype(numpy.float64) / 2**32 - 0.5


def set_weights(model, norm_base):
    for name, parameter in model.named_parameters():
        v = value_of(name, parameter.numel()).reshape(parameter.shape)
        is_scale = "norm" in name and name.endswith("weight")
        v = norm_base + 0.4 * v if is_scale else 0.8 * v
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(v.astype(numpy.float32)))


def config_of(case):
    family = case["family"]
    settings = {**FILE["base"], **FILE["families"][family], **case.get("settings", {})}
    return {key: value for key, value in settings.items() if key not in case.get("without", [])} | {"model_type": family}


def run(config, dtype):
    config = dict(config)
    model_type = config.pop("model_type")
    model = AutoModelForCausalLM.from_config(
        AutoConfig.for_model(model_type, **config), attn_implementation="plain", dtype=torch.float32
    )
    set_weights(model, 0.0 if model_type.startswith("gemma") else 1.0)
    model = model.to(dtype).eval()
    batch = {name: torch.tensor(rows) for name, rows in FILE["batch"].items()}
    logits = model(batch["ids"], attention_mask=batch["mask"], position_ids=batch["positions"], use_cache=False).logits
    loss = torch.nn.functional.cross_entropy(
        logits[:, :-1].reshape(-1, logits.shape[-1]), batch["labels"][:, 1:].reshape(-1), ignore_index=-100
    )
    loss.backward()
    norms = {name: p.grad.double().norm().item() for name, p in model.named_parameters() if p.grad is not None}
    return loss.item(), norms


recorded = {}
for name, case in FILE["cases"].items():
    config = config_of(case)
    loss, norms = run(config, torch.float64)
    recorded[name] = {
        "loss": loss,
        "loss_float32": run(config, torch.float32)[0],
        "gradient_norms": {key: float(f"{norm:.9g}") for key, norm in norms.items()},
    }
    print(f"{name}: {loss:.6f}", flush=True)

out = HERE / f"transformers-{transformers.__version__}.json"
lines = [f" {json.dumps(name)}: {json.dumps(result)}" for name, result in recorded.items()]
out.write_text("{\n" + ",\n".join(lines) + "\n}\n")
sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (HERE / "cases.json", out)}
manifest = {
    "producer": "transformers.AutoModelForCausalLM.from_config on the CPU, with an attention of our own",
    "command": "python golden/decoder-options/make.py",
    "versions": {"transformers": transformers.__version__, "torch": torch.__version__.split("+")[0]},
    "sha256": sums,
}
(HERE / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
