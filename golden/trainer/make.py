"""Records what transformers' Trainer does with a GPT-2: which parameters it decays, what loss it tells, its first rates.

    pip install torch==2.15.0 transformers==5.24.0 accelerate==1.15.0
    python golden/trainer/make.py

Writes cases.json and manifest.json beside this file. Rows are blocks without padding, every token a label; the learning
rate of the run whose loss is recorded is 0, so that each of its steps is told of the same weights.
"""

import hashlib
import json
import pathlib
import tempfile

import accelerate
import torch
import transformers
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments

FOLDER = pathlib.Path(__file__).parent
ROWS, LENGTH, VOCABULARY = 8, 16, 50


def model(tied):
    torch.manual_seed(0)
    no_dropout = {"resid_pdrop": 0, "embd_pdrop": 0, "attn_pdrop": 0}
    sizes = {"n_layer": 2, "n_head": 2, "n_embd": 16, "vocab_size": VOCABULARY, "n_positions": LENGTH}
    return GPT2LMHeadModel(GPT2Config(tie_word_embeddings=tied, **sizes, **no_dropout))


def trainer(subject, **options):
    ids = [(torch.arange(LENGTH) * 7 + 3 * row) % VOCABULARY for row in range(ROWS)]
    rows = [{"input_ids": row, "labels": row.clone(), "attention_mask": torch.ones_like(row)} for row in ids]
    quiet = {"use_cpu": True, "save_strategy": "no", "report_to": [], "disable_tqdm": True, "logging_steps": 1}
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(output_dir=folder, **quiet, **options)
        return Trainer(model=subject, args=arguments, train_dataset=rows), rows


def decayed(tied):
    subject = model(tied)
    names = set(trainer(subject)[0].get_decay_parameter_names(subject))
    return {name: name in names for name, _ in subject.named_parameters()}


def told(batch, accumulate):
    """The loss that Trainer logs, beside the mean over the predictions of the same rows."""
    subject = model(tied=True)
    sizes = {"per_device_train_batch_size": batch, "gradient_accumulation_steps": accumulate}
    run, rows = trainer(subject, max_steps=1, learning_rate=0.0, **sizes)
    run.train()
    ids = torch.stack([row["input_ids"] for row in rows])
    with torch.no_grad():
        mean = subject(input_ids=ids, labels=ids).loss.item()
    loss = next(line["loss"] for line in run.state.log_history if "loss" in line)
    return {"rows": ROWS, "length": LENGTH, "accumulate": accumulate, "loss": loss, "mean": mean}


def rates():
    subject = model(tied=True)
    run, _ = trainer(subject, max_steps=4, learning_rate=1.0, warmup_steps=2, lr_scheduler_type="constant_with_warmup")
    run.train()
    return [line["learning_rate"] for line in run.state.log_history if "learning_rate" in line]


def main():
    transformers.logging.set_verbosity_error()
    record = {
        "decayed": {"tied": decayed(True), "untied": decayed(False)},
        "losses": [told(8, 1), told(4, 2), told(1, 8)],
        "warmup": {"steps": 2, "rates": rates()},
    }
    text = json.dumps(record, indent=1) + "\n"
    (FOLDER / "cases.json").write_text(text, newline="\n")
    versions = {one.__name__: one.__version__.split("+")[0] for one in (torch, transformers, accelerate)}
    manifest = {
        "producer": "transformers.Trainer: get_decay_parameter_names, and its log",
        "command": "python golden/trainer/make.py",
        "versions": versions,
        "cases": 6,
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    (FOLDER / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", newline="\n")


if __name__ == "__main__":
    main()
