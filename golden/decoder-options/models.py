"""Tiny models of the decoder's families by cases.json: their configuration, weights by a formula, and a plain attention."""
import json, pathlib
import numpy, torch
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask
from transformers.modeling_utils import AttentionInterface

HERE = pathlib.Path(__file__).parent
FILE = json.loads((HERE / "cases.json").read_text())


def attention(module, query, key, value, mask, scaling=None, softcap=None, s_aux=None, **_):
    groups = query.shape[1] // key.shape[1]
    key, value = (x.repeat_interleave(groups, dim=1) for x in (key, value))
    scores = query @ key.transpose(2, 3) * (query.shape[-1] ** -0.5 if scaling is None else scaling)
    if softcap is not None:
        scores = softcap * torch.tanh(scores / softcap)
    live = mask.any(-1, keepdim=True)
    scores = scores.masked_fill(~mask, float("-inf")).masked_fill(~live, 0)
    if s_aux is not None:
        sinks = s_aux.reshape(1, -1, 1, 1).expand(*scores.shape[:-1], 1)
        scores = torch.cat([scores, sinks], -1)
    mixed = (scores.softmax(-1)[..., : key.shape[2]] @ value).masked_fill(~live, 0)
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


def model_of(config, attention, dtype=torch.float32):
    """With its weights. Made in its dtype: cast afterwards, frequencies of rotary positions would be rounded as well."""
    settings = {key: value for key, value in config.items() if key != "model_type"}
    model_type = config["model_type"]
    # As AutoConfig.from_pretrained has it.
    if model_type == "mistral" and "layer_types" in settings:
        model_type = "ministral"
    model = AutoModelForCausalLM.from_config(
        AutoConfig.for_model(model_type, **settings), attn_implementation=attention, dtype=dtype
    )
    set_weights(model, 0.0 if model_type.startswith("gemma") else 1.0)
    return model.eval()


def batch():
    return {name: torch.tensor(rows) for name, rows in FILE["batch"].items()}
