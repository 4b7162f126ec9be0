"""The decoder's families in bfloat16 and float16, from transformers' own classes: python golden/decoder-options/half.py

    pip install transformers==5.24.0 torch==2.15.0

One model of each family of cases.json, GPT-2 beside them, and a Llama of each of some activations. Recorded are the logits of the last position of each row, in each
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
    "gemma2": {"attn_logit_softcapping": 0.5, "final_logit_softcapping": 1.5}, "stablelm": {"use_parallel_residual": True},
}


def last(model):
    rows = batch()
    with torch.no_grad():
        logits = model(rows["ids"], attention_mask=rows["mask"], position_ids=rows["positions"], use_cache=False).logits
    return [float(x) for x in logits[:, -1].reshape(-1)]


# Where each op of an activation rounds shows in a Llama of it, under eager attention alone.
ACTIVATIONS = ["gelu_fast", "gelu_accurate", "gelu_python_tanh", "gelu", "relu2", "mish", "hardswish", "sigmoid", "leaky_relu"]

recorded = {}
# transformers has granite_swa's sinks as a factor on the output, which rounds otherwise than joining them to the softmax.
families = [name for name in FILE["families"] if name != "granite_swa"]
for name in ["gpt2", *families, *ACTIVATIONS]:
    family = "llama" if name in ACTIVATIONS else name
    if family == "gpt2":
        config = {**FILE["base"], "model_type": family}
        del config["num_key_value_heads"], config["intermediate_size"]
    else:
        config = config_of({"family": family})
    config |= {"hidden_act": name} if name in ACTIVATIONS else SETTINGS.get(family, {})
    found = recorded[name] = {"config": config}
    for short, dtype in DTYPES.items():
        found[short] = {"exact": last(model_of(config, "plain", dtype).double())}
        for attention in ("sdpa", "eager"):
            if attention == "eager" or not (family == "gemma2" or name in ACTIVATIONS):
                found[short][attention] = last(model_of(config, attention, dtype))
    print(name, flush=True)

manifest = {
    "producer": "transformers.AutoModelForCausalLM.from_config on the CPU",
    "command": "python golden/decoder-options/half.py",
    "versions": {"transformers": transformers.__version__, "torch": torch.__version__.split("+")[0]},
}
lines = [f" {json.dumps(name)}: {json.dumps(result)}" for name, result in recorded.items()]
(HERE / "half.json").write_text(f'{{"manifest": {json.dumps(manifest)},\n"families": {{\n' + ",\n".join(lines) + "\n}}\n")
