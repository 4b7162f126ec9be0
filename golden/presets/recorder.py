"""What the makers share: reading the problems, writing results.safetensors and manifest.json. Imports no system."""
import hashlib, json, pathlib
import numpy as np
from safetensors.numpy import load_file, save_file

HERE = pathlib.Path(__file__).parent


class Problem:
    """One of problems.json with its arrays: q, dout [B, H, T, D]; k, v [B, Hkv, T, D]."""

    def __init__(self, listed, tensors):
        self.name, mask = listed["name"], listed["mask"]
        self.q, self.k, self.v, self.dout = (tensors[f"{self.name}.{x}"] for x in ("q", "k", "v", "dout"))
        self.grouped = listed["H"] != listed["Hkv"]
        self.causal = mask.get("causal", False)
        self.padding = np.array(mask["padding"]) if "padding" in mask else None
        own = mask.get("explicit")
        cells = np.array([float(x) for x in own["values"]]).reshape(own["shape"]) if own else None
        self.bool = cells.astype(bool) if own and own["dtype"] == "bool" else None
        self.float = cells.astype(np.float32) if own and own["dtype"] == "float32" else None

    def allowed(self):
        """Causality AND padding AND the bool mask, [B, 1, T, T], or None where nothing is masked by a bool."""
        T = self.q.shape[2]
        tril = np.tril(np.ones((1, 1, T, T), dtype=bool)) if self.causal else None
        keys = self.padding[:, None, None, :].astype(bool) if self.padding is not None else None
        masks = [m for m in (tril, keys, self.bool) if m is not None]
        return np.broadcast_to(np.logical_and.reduce(np.broadcast_arrays(*masks)), (2, 1, T, T)).copy() if masks else None


def problems():
    tensors = load_file(HERE / "problems.safetensors")
    return [Problem(listed, tensors) for listed in json.loads((HERE / "problems.json").read_text())]


def batches():
    """{name: {ids, mask, positions, labels}}, [3, 8] each, for the model of golden/gpt2."""
    return json.loads((HERE / "batches.json").read_text())


def first_line(error):
    return f"{type(error).__name__}: {str(error).splitlines()[0]}"


def write(folder, results, *, presets, system, compared, command, versions, left_out, differs=(), notes=(), row_guard=None, causal=False, noise=None):
    """
    results   {"[variant.]<problem>.<out|dq|dk|dv>" or "model.<case>.<tensor>": float32 array}
    presets   the names in packages/attention/src/presets.ts that must give the same
    left_out  {problem: why the system can not be asked}
    differs   [{"id", "problem", "what"}]: where the system is known to give something else than the preset
    causal    whether the system is causal whatever the mask says
    noise     {"loss" | "logits" | "grad": how far the system's float32 is from its float64, which is what is recorded}
    row_guard the row guard that the preset needs in place of its own, where the system has another
    """
    target = HERE / folder
    target.mkdir(exist_ok=True)
    arrays = {name: np.ascontiguousarray(x, dtype=np.float32) for name, x in results.items()}
    save_file(arrays, target / "results.safetensors")
    (target / "results.safetensors").chmod(0o644)
    files = {name: hashlib.sha256((HERE / name).read_bytes()).hexdigest() for name in ("problems.json", "problems.safetensors", "batches.json")}
    files["results.safetensors"] = hashlib.sha256((target / "results.safetensors").read_bytes()).hexdigest()
    manifest = {
        "presets": presets, **({"rowGuard": row_guard} if row_guard else {}), **({"causal": True} if causal else {}), **({"float32Noise": noise} if noise else {}), "system": system, "compared": compared, "command": command, "versions": versions,
        "leftOut": left_out, "differs": list(differs), "notes": list(notes), "sha256": files,
    }
    (target / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
