"""The decoder's families in bfloat16 and float16, from transformers' own classes: python golden/decoder-options/half.py

    pip install transformers==5.24.0 torch==2.15.0

One model of each family of cases.json, GPT-2 beside them. Recorded are the logits of the last position of each row, in each
dtype under sdpa and eager attention on the CPU (written in full, for they are exact), and those of the same rounded weights in
float64: how far the first are from the second is what a 16-bit model errs by.
"""
import json
import torch, transformers
from models import FILE, HERE, batch, config_of, model_of

DTYPES = {"bf16": torch.bfloat16, "f16": torch.float16}
# Each with what makes a dtype visible in it.
SETTINGS = {
    "gpt2": {"n_inner": 20}, "opt": {"activation_function": "gelu_python"}, "starcoder2": {"hidden_act": "gelu_new"},
    "granite": {"embedding_multiplier": 3.0, "residual_multiplier": 0.4, "logits_scaling": 2.5}, "qwen2": {"hidden_act": "quick_gelu"},
    "gemma2": {"attn_logit_softcapping": 0.5, "final_logit_softcapping": 1.5},
}


def last(model):
    rows = batch()
    with torch.no_grad():
        logits = model(rows["ids"], attention_mask=rows["mask"], position_ids=rows["positions"], use_cache=False).logits
    return [float(x) for x in logits[:, -1].reshape(-1)]


recorded = {}
for family in ["gpt2", *FILE["families"]]:
    if family == "gpt2":
        config = {**FILE["base"], "model_type": family}
        del config["num_key_value_heads"], config["intermediate_size"]
    else:
        config = config_of({"family": family})
    config |= SETTINGS.get(family, {})
    found = recorded[family] = {"config": config}
    for name, dtype in DTYPES.items():
        found[name] = {"exact": last(model_of(config, "plain", dtype).double())}
        for attention in ("sdpa", "eager"):
            if (family, attention) != ("gemma2", "sdpa"):
                found[name][attention] = last(model_of(config, attention, dtype))
    print(family, flush=True)

manifest = {
    "producer": "transformers.AutoModelForCausalLM.from_config on the CPU",
    "command": "python golden/decoder-options/half.py",
    "versions": {"transformers": transformers.__version__, "torch": torch.__version__.split("+")[0]},
}
lines = [f" {json.dumps(name)}: {json.dumps(result)}" for name, result in recorded.items()]
(HERE / "half.json").write_text(f'{{"manifest": {json.dumps(manifest)},\n"families": {{\n' + ",\n".join(lines) + "\n}}\n")
