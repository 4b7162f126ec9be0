"""jax.nn.dot_product_attention on the CPU, value and vjp: python golden/presets/make_jax.py

    pip install jax==0.10.2 safetensors    records jax-0.10.2, for the preset jax
"""
import numpy as np, jax, jax.numpy as jnp
from recorder import problems, write

heads_last = lambda x: jnp.asarray(x).swapaxes(1, 2)  # [B, H, T, D] and [B, T, H, D], either way
results = {}
for problem in problems():
    # Padding goes in as a mask over keys, causality as a flag: jax itself combines the two.
    own = problem.padding[:, None, None, :].astype(bool) if problem.padding is not None else problem.bool
    given = {"bias": problem.float, "mask": None if own is None else np.broadcast_to(own, (2, 1, 6, 6)), "is_causal": problem.causal}
    call = lambda q, k, v: jax.nn.dot_product_attention(q, k, v, **given, implementation="xla")
    out, vjp = jax.vjp(call, *(heads_last(x) for x in (problem.q, problem.k, problem.v)))
    for name, x in zip(("out", "dq", "dk", "dv"), (out, *vjp(heads_last(problem.dout)))):
        results[f"{problem.name}.{name}"] = np.asarray(heads_last(x))

write(
    f"jax-{jax.__version__}",
    results,
    presets=["jax"],
    system="jax.nn.dot_product_attention, CPU, implementation=xla",
    compared="out, dq, dk, dv",
    command="python golden/presets/make_jax.py",
    versions={"jax": jax.__version__, "numpy": np.__version__},
    left_out={},
)
