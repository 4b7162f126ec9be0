"""Writes small cases of the operator Attention in the layout of ONNX's backend tests, for packages/conform to read.

    pip install onnx==1.23.2 numpy==2.4.6
    python golden/onnx-layout/make.py

Each folder test_* holds model.onnx and test_data_set_*/{input,output}_*.pb. Expected outputs are those of ONNX's own
reference implementation. The cases are the rare ones: every way to store a tensor, every kind of mask, cache, window.
Writes manifest.json beside this file. The numbers are seeded and nothing is downloaded.
"""

import hashlib
import json
import pathlib
import shutil

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

FOLDER = pathlib.Path(__file__).parent
INPUTS = ["Q", "K", "V", "attn_mask", "past_key", "past_value", "nonpad_kv_seqlen"]
OUTPUTS = ["Y", "present_key", "present_value", "qk_matmul_output"]
INF = np.float32(np.inf)


class Numbers:
    """Seeded arrays; a case has its own seed, so that adding one changes no other."""

    def __init__(self, name):
        seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "little")
        self.generator = np.random.default_rng(seed)

    def __call__(self, *shape, dtype=np.float32):
        return self.generator.uniform(-1.5, 1.5, shape).astype(dtype)

    def keep(self, *shape):
        return self.generator.uniform(0, 1, shape) < 0.6


def as_lists(array, name):
    """A tensor in the typed lists of TensorProto instead of raw_data."""
    kind = helper.np_dtype_to_tensor_dtype(array.dtype)
    if kind == TensorProto.FLOAT16:
        values = array.view(np.uint16).flatten().astype(np.int32)
    elif kind == TensorProto.BFLOAT16:
        values = array.view(np.uint16).flatten().astype(np.int32)
    else:
        values = array.flatten() * 1
    tensor = TensorProto(name=name, data_type=kind, dims=array.shape)
    field = {
        TensorProto.FLOAT: "float_data",
        TensorProto.DOUBLE: "double_data",
        TensorProto.INT64: "int64_data",
    }.get(kind, "int32_data")
    getattr(tensor, field).extend(values.tolist())
    return tensor


def q_k_v(numbers, heads=2, kv_heads=2, queries=3, keys=5, batch=2, size=4, value_size=4, dtype=np.float32):
    return {
        "Q": numbers(batch, heads, queries, size, dtype=dtype),
        "K": numbers(batch, kv_heads, keys, size, dtype=dtype),
        "V": numbers(batch, kv_heads, keys, value_size, dtype=dtype),
    }


def merged(array):
    batch, heads, length, size = array.shape
    return np.ascontiguousarray(array.transpose(0, 2, 1, 3).reshape(batch, length, heads * size))


def cases():
    """name, inputs, attributes, outputs, and how it is stored."""

    def case(name, change=lambda numbers, inputs: {}, outputs=("Y",), shape=None, opset=25, **rest):
        stored = {key: rest.pop(key) for key in ("lists", "initializers", "constant", "sets") if key in rest}
        numbers = Numbers(name)
        sets = []
        for _ in range(stored.pop("sets", 1)):
            inputs = q_k_v(numbers, **(shape or {}))
            inputs.update(change(numbers, inputs))
            sets.append(inputs)
        return name, sets, rest, outputs, opset, stored

    bool_mask = lambda numbers, inputs: {"attn_mask": numbers.keep(3, 5)}
    float_mask = lambda numbers, inputs: {"attn_mask": numbers(3, 5)}
    past = lambda numbers, inputs: {"past_key": numbers(2, 2, 4, 4), "past_value": numbers(2, 2, 4, 4)}

    yield case("lists", float_mask, lists=True, opset=23)
    yield case("lists_bool", bool_mask, lists=True, opset=23)
    yield case("double", float_mask_of(np.float64), shape={"dtype": np.float64}, opset=23)
    yield case("double_lists", shape={"dtype": np.float64}, lists=True, opset=24)
    yield case("float16", float_mask_of(np.float16), shape={"dtype": np.float16}, opset=24)
    yield case("float16_lists", shape={"dtype": np.float16}, lists=True)
    yield case("bfloat16", shape={"dtype": ml_dtypes.bfloat16}, opset=24)
    yield case("bfloat16_lists", float_mask_of(ml_dtypes.bfloat16), shape={"dtype": ml_dtypes.bfloat16}, lists=True)
    yield case("initializer_mask", float_mask, initializers=["attn_mask"], opset=24)
    yield case("initializer_keys_lists", initializers=["K", "V"], lists=True)
    yield case("constant_mask", bool_mask, constant="attn_mask", opset=24)
    yield case("two_data_sets", bool_mask, sets=2, opset=23)
    yield case("mask_1d", lambda numbers, inputs: {"attn_mask": numbers(5)}, opset=24)
    yield case("mask_1d_bool", lambda numbers, inputs: {"attn_mask": numbers.keep(5)}, opset=24)
    yield case("mask_3d_heads", lambda numbers, inputs: {"attn_mask": numbers(2, 3, 5)}, opset=24)
    yield case("mask_4d_one_query", lambda numbers, inputs: {"attn_mask": numbers(2, 1, 1, 5)}, opset=24)
    yield case("mask_short", lambda numbers, inputs: {"attn_mask": numbers(3, 3)}, opset=24)
    yield case("mask_short_bool", lambda numbers, inputs: {"attn_mask": numbers.keep(2, 1, 3, 4)}, opset=24)
    yield case("mask_minus_infinity_rows", minus_infinity_rows, outputs=(*OUTPUTS[:1], "", "", "qk_matmul_output"), qk_matmul_output_mode=3)
    yield case("causal_past_mask", lambda numbers, inputs: past(numbers, inputs) | {"attn_mask": numbers(3, 9)}, is_causal=1, outputs=OUTPUTS[:3], opset=24)
    yield case("causal_more_keys", is_causal=1, opset=24)
    yield case("causal_more_queries", shape={"queries": 6, "keys": 3}, is_causal=1, opset=24)
    yield case("present_without_past", outputs=OUTPUTS[:3], opset=23)
    yield case("nonpad", lengths(2, 5), opset=24)
    yield case("nonpad_zero_length", lengths(0, 3), opset=24, lists=True)
    yield case("nonpad_causal", lengths(4, 5), is_causal=1)
    yield case("nonpad_causal_more_queries", lengths(1, 2), is_causal=1)
    yield case("nonpad_causal_float_mask", both(lengths(3, 5), lambda numbers, inputs: {"attn_mask": numbers(1, 2, 3, 5)}), is_causal=1)
    yield case("window_left", left_window_size=1)
    yield case("window_right", right_window_size=0, left_window_size=0)
    yield case("window_past_causal", past, left_window_size=2, is_causal=1, outputs=OUTPUTS[:3])
    yield case("window_nonpad", lengths(3, 5), left_window_size=1, right_window_size=1)
    yield case("window_bool_mask", lambda numbers, inputs: {"attn_mask": numbers.keep(2, 3, 5)}, left_window_size=2, is_causal=1)
    for mode in range(4):
        softcap = {} if mode == 0 else {"softcap": 0.5}
        yield case(f"mode_{mode}", float_mask, outputs=("Y", "", "", "qk_matmul_output"), qk_matmul_output_mode=mode, is_causal=1, **softcap)
    yield case("all_outputs_grouped", lambda numbers, inputs: past(numbers, inputs), shape={"heads": 6}, outputs=OUTPUTS, qk_matmul_output_mode=2, is_causal=1, scale=0.3)
    yield case("scale_zero", scale=0.0, opset=24)
    for precision in (1, 10, 11, 16):
        yield case(f"softmax_precision_{precision}", float_mask, softmax_precision=precision)
    yield case("softmax_precision_1_float16", shape={"dtype": np.float16}, softmax_precision=1)
    yield case("later_opset", bool_mask, opset=28)
    yield case("3d", lambda numbers, inputs: {name: merged(inputs[name]) for name in "QKV"}, shape={"heads": 4, "value_size": 3}, q_num_heads=4, kv_num_heads=2, is_causal=1, opset=23)
    yield case("one_key", shape={"keys": 1}, opset=23)


def float_mask_of(dtype):
    return lambda numbers, inputs: {"attn_mask": numbers(3, 5, dtype=dtype)}


def lengths(*values):
    return lambda numbers, inputs: {"nonpad_kv_seqlen": np.array(values, dtype=np.int64)}


def both(first, second):
    return lambda numbers, inputs: first(numbers, inputs) | second(numbers, inputs)


def minus_infinity_rows(numbers, inputs):
    mask = numbers(3, 5)
    mask[1] = -INF
    mask[2, :4] = -INF
    return {"attn_mask": mask}


def model_of(inputs, attributes, outputs, opset, results, stored):
    constant = stored.get("constant")
    kept = stored.get("initializers", [])
    given = [name for name in INPUTS if name in inputs and name not in kept and name != constant]
    last = max(INPUTS.index(name) for name in inputs)
    names = [name if name in inputs else "" for name in INPUTS[: last + 1]]
    nodes = [helper.make_node("Attention", names, list(outputs), **attributes)]
    if constant:
        nodes.insert(0, helper.make_node("Constant", [], [constant], value=numpy_helper.from_array(inputs[constant])))
    kind = lambda array: helper.np_dtype_to_tensor_dtype(array.dtype)
    store = as_lists if stored.get("lists") else numpy_helper.from_array
    graph = helper.make_graph(
        nodes,
        "attention",
        [helper.make_tensor_value_info(name, kind(inputs[name]), inputs[name].shape) for name in given],
        [helper.make_tensor_value_info(name, kind(array), array.shape) for name, array in results.items()],
        [store(inputs[name], name) for name in kept],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], producer_name="nanscope")
    onnx.checker.check_model(model)
    return model, given


def write(name, sets, attributes, outputs, opset, stored):
    folder = FOLDER / f"test_attention_{name}"
    store = as_lists if stored.get("lists") else numpy_helper.from_array
    for place, inputs in enumerate(sets):
        wanted = [output for output in outputs if output]
        # Types are asked of a first model, whose outputs have none.
        blank = {output: inputs["Q"] for output in wanted}
        model, given = model_of(inputs, attributes, outputs, opset, blank, stored)
        feeds = {key: inputs[key] for key in given}
        results = dict(zip(wanted, ReferenceEvaluator(model).run(wanted, feeds), strict=True))
        model, given = model_of(inputs, attributes, outputs, opset, results, stored)
        data = folder / f"test_data_set_{place}"
        data.mkdir(parents=True)
        (folder / "model.onnx").write_bytes(model.SerializeToString(deterministic=True))
        tensors = [("input", key, inputs[key]) for key in given] + [("output", *each) for each in results.items()]
        counts = {"input": 0, "output": 0}
        for kind, key, array in tensors:
            (data / f"{kind}_{counts[kind]}.pb").write_bytes(store(np.asarray(array), key).SerializeToString(deterministic=True))
            counts[kind] += 1


def main():
    for old in FOLDER.glob("test_*"):
        shutil.rmtree(old)
    for case in cases():
        write(*case)
    files = [path for path in FOLDER.glob("test_*/**/*") if path.is_file()]
    digest = hashlib.sha256()
    for path in sorted(files, key=lambda path: path.relative_to(FOLDER).as_posix()):
        digest.update(path.relative_to(FOLDER).as_posix().encode() + b"\0" + path.read_bytes())
    manifest = {
        "producer": "onnx.reference.ReferenceEvaluator",
        "command": "python golden/onnx-layout/make.py",
        "versions": {"onnx": onnx.__version__, "numpy": np.__version__},
        "cases": len(list(FOLDER.glob("test_*"))),
        "sha256": digest.hexdigest(),
    }
    (FOLDER / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", newline="\n")


if __name__ == "__main__":
    main()
