"""Records the loss and the gradient norm of a tiny GPT-2 in real transformers releases, eager and sdpa.

Run once per release, the results are merged into the same file:
    pip install transformers==4.57.6 torch==2.13.0
    python make_transformers_losses.py VECTORS/gpt2-ref transformers-losses.json
    pip install transformers==5.18.0
    python make_transformers_losses.py VECTORS/gpt2-ref transformers-losses.json
"""

import json
import pathlib
import platform
import sys

import torch
import transformers
from safetensors.torch import load_file

folder, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
config = transformers.GPT2Config.from_pretrained(folder)
weights = load_file(folder / "model.safetensors")
index = json.loads((folder / "index.json").read_text())
results = json.loads(out.read_text())["results"] if out.exists() else []
results = [r for r in results if r["transformers"] != transformers.__version__]
for implementation in ["eager", "sdpa"]:
    model = transformers.GPT2LMHeadModel._from_config(config, attn_implementation=implementation)
    model.load_state_dict(weights, strict=False)
    model.tie_weights()
    model.eval()
    for case in index["cases"]:
        batch = {k: torch.tensor(case[k]) for k in ["input_ids", "attention_mask", "position_ids", "labels"]}
        model.zero_grad()
        loss = model(**batch).loss
        loss.backward()
        norm = sum((p.grad.double() ** 2).sum() for p in model.parameters()).sqrt()
        results.append(
            {
                "transformers": transformers.__version__,
                "implementation": implementation,
                "case": case["name"],
                "loss": loss.item(),
                "gradient_norm": norm.item(),
            }
        )
manifest = {
    "producer": "golden/attention/make_transformers_losses.py",
    "versions": {"torch": torch.__version__, "python": platform.python_version()},
    "what": "GPT2LMHeadModel.eval(), float32, CPU, on the batches of vectors/gpt2-ref; labels as given there",
}
out.write_text(json.dumps({"manifest": manifest, "results": results}, indent=1) + "\n")
