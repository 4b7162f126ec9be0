"""The ONNX operator Attention, forward: python golden/presets/make_onnx.py

    pip install onnx==1.23.2 onnxruntime==1.32.0 safetensors
    pip install onnx==1.23.2 onnxruntime==1.23.2 safetensors    an earlier kernel, whose rows without a key are NaN

records onnx-1.23.2, the reference evaluator that belongs to the operator's text, and onnxruntime-<version>, the CPU kernel,
both for the preset onnx-1.23. Opset 23 stands under the problem's name, opset 24 under `opset24.`. Padding goes in as a
bool mask over keys and causality as the flag, so that the operator itself combines the two.
"""
import numpy as np, onnx, onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
from recorder import first_line, problems, write


def model_of(problem, mask, opset):
    arrays = {"Q": problem.q, "K": problem.k, "V": problem.v} | ({} if mask is None else {"attn_mask": mask})
    inputs = [
        helper.make_tensor_value_info(n, TensorProto.BOOL if x.dtype == bool else TensorProto.FLOAT, x.shape) for n, x in arrays.items()
    ]
    node = helper.make_node("Attention", list(arrays), ["Y"], is_causal=int(problem.causal))
    graph = helper.make_graph([node], "attention", inputs, [helper.make_tensor_value_info("Y", TensorProto.FLOAT, problem.q.shape)])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=11), arrays


def reference(model, arrays):
    return ReferenceEvaluator(model).run(None, arrays)[0]


def runtime(model, arrays):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, arrays)[0]


def record(run):
    results, notes = {}, []
    for opset, prefix in ((23, ""), (24, "opset24.")):
        for problem in problems():
            keys = None if problem.padding is None else np.broadcast_to(problem.padding[:, None, None, :].astype(bool), (2, 1, 6, 6)).copy()
            mask = next((m for m in (problem.float, problem.bool, keys) if m is not None), None)
            try:
                results[f"{prefix}{problem.name}.out"] = run(*model_of(problem, mask, opset))
            except Exception as error:
                notes.append(f"opset {opset}: {first_line(error).split(', int) ')[-1].split('. ')[0]}")
                break
    return results, notes


right, said = record(reference)
common = dict(presets=["onnx-1.23"], compared="out", command="python golden/presets/make_onnx.py", left_out={})
write(
    f"onnx-{onnx.__version__}",
    right,
    system="onnx.reference.ReferenceEvaluator, Attention of opset 23 and 24",
    versions={"onnx": onnx.__version__, "numpy": np.__version__},
    notes=said,
    **common,
)
found, said = record(runtime)
differs = []
for name in found:
    a, b = found[name], right[name]
    rows = np.argwhere(~np.isclose(a, b, atol=1e-5, equal_nan=True).all(axis=-1))
    if len(rows):
        problem = name.removesuffix(".out")
        nan = all(np.isnan(a[tuple(row)]).all() for row in rows)
        what = "rows without a key are NaN" if nan else "other numbers in some rows"
        differs.append({"id": f"onnxruntime-rows:{problem}", "problem": problem, "what": what})
write(
    f"onnxruntime-{onnxruntime.__version__}",
    found,
    system="onnxruntime, CPUExecutionProvider, Attention of opset 23 and 24",
    versions={"onnxruntime": onnxruntime.__version__, "onnx": onnx.__version__, "numpy": np.__version__},
    differs=differs,
    notes=said,
    **common,
)
