"""A causal language model from a folder, with the model's own attention; what cannot be loaded is one clear line."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from .errors import LaneFailure, UserError, first_line, is_out_of_memory
from .inputs import Batch

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16, "float64": torch.float64}


def widened(tensor: torch.Tensor) -> torch.Tensor:
    """In float32, or in float64 where it is that."""
    return tensor if tensor.dtype is torch.float64 else tensor.float()


@dataclass
class Loaded:
    """A model that is ready to compute, and how it is called."""

    model: torch.nn.Module
    name: str
    device: torch.device
    dtype: str
    attn: str
    mask_form: str
    stored_as: list[str]
    accepts: frozenset[str]
    folder: str
    trust: bool

    def inputs(self, batch: Batch) -> dict[str, torch.Tensor]:
        """The keyword arguments of one forward pass, on the device."""
        mask = batch.mask_4d() if self.mask_form == "4d" else batch.attention_mask
        given = {
            "input_ids": batch.input_ids,
            "attention_mask": mask,
            "position_ids": batch.position_ids,
            "token_type_ids": batch.token_type_ids,
        }
        return {name: value.to(self.device) for name, value in given.items() if value is not None and name in self.accepts}

    def __call__(self, inputs: dict[str, torch.Tensor], **more: Any) -> Any:
        return self.model(**inputs, use_cache=False, return_dict=True, **more)

    def in_float64(self) -> Loaded:
        """The same model from its files once more, on the host. Where its code asks for float32, that stays."""
        return load_model(self.folder, name=self.name, device=torch.device("cpu"), dtype="float64", attn=self.attn, mask_form=self.mask_form, trust=self.trust)

    def record(self) -> dict[str, Any]:
        return model_record(self.model, self.name)

    def notes(self) -> list[str]:
        """What was asked for and this model has no use for."""
        return [] if "position_ids" in self.accepts else [f"{type(self.model).__name__} takes no position ids: it has its own"]


def model_record(model: torch.nn.Module, name: str) -> dict[str, Any]:
    """`model` of a lane's record; 0 for what its configuration does not say."""
    config = getattr(model, "config", None)
    config = config.get_text_config() if hasattr(config, "get_text_config") else config

    def number(*names: str) -> int:
        return next((value for value in (getattr(config, each, None) for each in names) if isinstance(value, int)), 0)

    return {
        "name": name, "parameters": sum(parameter.numel() for parameter in model.parameters()), "layers": number("num_hidden_layers", "n_layer"),
        "heads": number("num_attention_heads", "n_head"), "width": number("hidden_size", "n_embd", "d_model"), "vocabulary": number("vocab_size"),
        "positions": number("max_position_embeddings", "n_positions", "max_seq_len", "seq_length"),
    }  # fmt: skip


def _stored_as(folder: Path) -> list[str]:
    from safetensors import safe_open

    found: set[str] = set()
    for path in folder.glob("*.safetensors"):
        with safe_open(str(path), framework="pt") as file:
            found.update(str(file.get_slice(name).get_dtype()) for name in file.keys())
    return sorted(found)


def _check_folder(folder: Path, trust: bool) -> None:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError("torch/model", f"--model {folder}: expected a folder with a config.json, found {first_line(error)}.") from error
    if config.get("auto_map") and not trust:
        raise UserError("torch/trust-remote-code", f"--model {folder}: its config.json names Python code of its own (auto_map), which is not run unasked. Read the code, then give --trust-remote-code.")
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES as known

    kind = config.get("model_type")
    if kind not in known and not config.get("auto_map"):
        import transformers

        raise UserError("torch/architecture", f'--model {folder}: expected a model_type that transformers {transformers.__version__} has a causal language model for, found {json.dumps(kind)}. Update transformers, or take another model.')


def load_model(folder: str, *, name: str | None, device: torch.device, dtype: str = "float32", attn: str = "sdpa", mask_form: str = "2d", trust: bool = False) -> Loaded:
    """Raises `torch/model`, `torch/architecture`, `torch/trust-remote-code`, `torch/dtype`."""
    import transformers

    if dtype == "float64" and device.type == "mps":
        raise UserError("torch/dtype", "--dtype float64: expected a type that mps has, found one that Metal lacks. Take float32.")
    path = Path(folder)
    _check_folder(path, trust)
    # Called torch_dtype before transformers 4.56.
    version = tuple(int(part) for part in transformers.__version__.split(".")[:2])
    dtype_name = "dtype" if version >= (4, 56) else "torch_dtype"
    try:
        model = transformers.AutoModelForCausalLM.from_pretrained(
            str(path), attn_implementation=attn, trust_remote_code=trust, local_files_only=True, **{dtype_name: DTYPES[dtype]}
        )
        model = model.to(device=device, dtype=DTYPES[dtype]).eval()
    except (OSError, ValueError, KeyError, ImportError, TypeError) as error:
        if attn == "sdpa" and "scaled_dot_product_attention" in str(error):
            raise UserError("torch/model", f"--model {folder}: transformers {transformers.__version__} has no sdpa for its architecture. Take --attn eager.") from error
        raise UserError("torch/model", f"--model {folder}: transformers {transformers.__version__} cannot load it with attention {attn}: {first_line(error)}") from error
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise LaneFailure("torch/out-of-memory", f"{device} has no room for the weights of {folder}: {first_line(error)}") from error
        raise UserError("torch/model", f"--model {folder}: {first_line(error)}") from error
    accepts = frozenset(inspect.signature(type(model).forward).parameters)
    return Loaded(model, name or path.name, device, dtype, attn, mask_form, _stored_as(path), accepts, folder, trust)
