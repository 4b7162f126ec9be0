"""GPT-2's options, from Hugging Face's GPT-2 itself: python golden/gpt2-options/make.py, once per version.

    pip install transformers==5.24.0 torch==2.15.0     writes transformers-5.24.0.json
    pip install transformers==4.57.6 torch==2.15.0     writes transformers-4.57.6.json, losses only

Each case is the model of golden/gpt2 with other settings or other tensors, as cases.json lists them; the test makes the same
changes. Loss and the norm of every gradient, in float64 (scores of reorder_and_upcast_attn exist in float32 only), with the
loss in float32; `error` where the version cannot load the folder.
"""
import hashlib, json, pathlib, tempfile
import torch, transformers
from safetensors.torch import load_file, save_file
from transformers import GPT2LMHeadModel

HERE = pathlib.Path(__file__).parent
MODEL = HERE.parent / "gpt2" / "model"
WTE, HEAD = "transformer.wte.weight", "lm_head.weight"
EARLIER = transformers.__version__.startswith("4.")
BATCH = json.loads((HERE / "batch.json").read_text())


def changed(tensors, change):
    """The tensors of the file under one of the changes that cases.json names."""
    if change == "own-head":
        return {**tensors, HEAD: tensors[WTE] * -0.5}
    if change == "equal-head":
        return {**tensors, HEAD: tensors[WTE].clone()}
    if change == "head-only":
        return {(HEAD if name == WTE else name): x for name, x in tensors.items()}
    if change == "no-biases":
        return {name: x for name, x in tensors.items() if not name.endswith(".bias")}
    if change == "no-prefix":
        return {name.removeprefix("transformer."): x for name, x in tensors.items()}
    if change == "left-over":
        return {**tensors, "score.weight": torch.ones(2, 8), "transformer.h.0.attn.bias": torch.ones(1, 1, 12, 12)}
    if change == "narrow-mlp":
        cut = {"c_fc.weight": lambda x: x[:, :20], "c_fc.bias": lambda x: x[:20], "mlp.c_proj.weight": lambda x: x[:20]}
        return {name: next((f(x) for end, f in cut.items() if name.endswith(end)), x).contiguous() for name, x in tensors.items()}
    if change == "bfloat16":  # the upper half of the bits, not rounded
        return {name: (x.view(torch.int32) & -65536).view(torch.float32).bfloat16() for name, x in tensors.items()}
    assert change is None, change
    return tensors


def run(folder, case, dtype):
    eager = case["settings"].get("reorder_and_upcast_attn", False) and dtype == torch.float32
    model = GPT2LMHeadModel.from_pretrained(folder, dtype=dtype, attn_implementation="eager" if eager else "sdpa").eval()
    ids, mask, positions, labels = (torch.tensor(BATCH[x]) for x in ("ids", "mask", "positions", "labels"))
    types = {"token_type_ids": torch.tensor(BATCH["types"])} if case.get("types") else {}
    logits = model(input_ids=ids, attention_mask=mask, position_ids=positions, **types).logits
    # The model's own loss casts its logits to float32 first.
    loss = torch.nn.functional.cross_entropy(logits[:, :-1].reshape(-1, logits.shape[-1]), labels[:, 1:].reshape(-1))
    loss.backward()
    return loss.item(), {name: x.grad.norm().item() for name, x in model.named_parameters()}


def record(case):
    config = {**json.loads((MODEL / "config.json").read_text()), **case["settings"]}
    for key in case.get("without", []):
        del config[key]
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "config.json").write_text(json.dumps(config))
        save_file(changed(load_file(MODEL / "model.safetensors"), case.get("tensors")), f"{folder}/model.safetensors", {"format": "pt"})
        try:
            loss, gradients = run(folder, case, torch.float64)
            single, _ = run(folder, case, torch.float32)
        except RuntimeError as error:
            return {"error": str(error).split("\n")[0]}
    # Of the earlier version only what it makes of the folder is of interest.
    return {"loss": loss} if EARLIER else {"loss": loss, "loss_float32": single, "gradient_norms": gradients}


def sums(names):
    return {name: hashlib.sha256((HERE / name).read_bytes()).hexdigest() for name in names}


cases = json.loads((HERE / "cases.json").read_text())
out = f"transformers-{transformers.__version__}.json"
(HERE / out).write_text(json.dumps({name: record(case) for name, case in cases.items()}, indent=1) + "\n")
versions = sorted(path.name for path in HERE.glob("transformers-*.json"))
manifest = {
    "producer": "transformers.GPT2LMHeadModel.from_pretrained on the CPU",
    "command": "python golden/gpt2-options/make.py",
    "versions": {"transformers": [name.removeprefix("transformers-").removesuffix(".json") for name in versions], "torch": torch.__version__.split("+")[0]},
    "sha256": sums(["batch.json", "cases.json", *versions]),
}
(HERE / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
