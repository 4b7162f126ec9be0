"""Options of the decoder's families, from transformers' own classes: python golden/decoder-options/make.py

    pip install transformers==5.24.0 torch==2.15.0

Each case of cases.json is a config.json: what all tiny models have, then what the family has, then its own settings, where null
in `without` takes a key away. Weights are a formula of the parameter's name, so that none has to be stored. Recorded are the loss
in float64, the loss in float32, and the norm of every gradient; RMSNorm and the tables of rotary positions exist in float32 only.
Attention is a plain one: a query without an allowed key gives 0.
"""
import hashlib, json
import torch, transformers
from models import FILE, HERE, batch, config_of, model_of


def run(config, dtype):
    model = model_of(config, "plain").to(dtype)
    rows = batch()
    logits = model(rows["ids"], attention_mask=rows["mask"], position_ids=rows["positions"], use_cache=False).logits
    loss = torch.nn.functional.cross_entropy(
        logits[:, :-1].reshape(-1, logits.shape[-1]), rows["labels"][:, 1:].reshape(-1), ignore_index=-100
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
