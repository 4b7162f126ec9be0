"""Records the learning-rate factors of Hugging Face's schedules, for packages/trainer to be held against.

    pip install transformers==4.57.6 torch==2.13.0
    python golden/schedules/make.py

Writes factors.json and manifest.json beside this file. Nothing is random and nothing is downloaded.
"""

import hashlib
import json
import pathlib

import torch
import transformers
from transformers import optimization

FOLDER = pathlib.Path(__file__).parent


def factors(make, steps, **options):
    """The factor before update 0, 1, ... steps, asked of the schedule itself."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = make(optimizer, **options)
    return [float(schedule.lr_lambdas[0](step)) for step in range(steps + 1)]


def cases():
    for warmup, total in [(0, 10), (3, 10), (10, 40), (1, 2), (0, 1), (5, 5)]:
        counts = {"num_warmup_steps": warmup}
        whole = counts | {"num_training_steps": total}
        shape = {"totalSteps": total, "warmupSteps": warmup}
        yield shape | {"name": "constant"}, factors(optimization.get_constant_schedule_with_warmup, total, **counts)
        yield shape | {"name": "linear"}, factors(optimization.get_linear_schedule_with_warmup, total, **whole)
        yield shape | {"name": "cosine"}, factors(optimization.get_cosine_schedule_with_warmup, total, **whole)
        low = factors(optimization.get_cosine_with_min_lr_schedule_with_warmup, total, **whole, min_lr_rate=0.1)
        yield shape | {"name": "cosine", "minimum": 0.1}, low


def main():
    records = [{"schedule": schedule, "factors": values} for schedule, values in cases()]
    text = "[\n" + ",\n".join(json.dumps(record) for record in records) + "\n]\n"
    (FOLDER / "factors.json").write_text(text, newline="\n")
    manifest = {
        "producer": "transformers.optimization.get_*_schedule_with_warmup",
        "command": "python golden/schedules/make.py",
        "versions": {"transformers": transformers.__version__, "torch": torch.__version__.split("+")[0]},
        "cases": len(records),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    (FOLDER / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", newline="\n")


if __name__ == "__main__":
    main()
