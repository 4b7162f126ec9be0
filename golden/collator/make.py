"""Records what Hugging Face's causal-LM collator does, for packages/collator to be held against.

    pip install transformers==4.57.6 torch==2.13.0
    python golden/collator/make.py

Writes cases.json and manifest.json beside this file. Ids come from a fixed seed; no model and no download is
needed: the tokenizer is a word list made here, as the collator only asks it for its pad token and its side.
"""

import hashlib
import json
import pathlib
import random

import tokenizers
import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import DataCollatorForLanguageModeling, PreTrainedTokenizerFast

SEED = 20
VOCABULARY = 100
EOS, PAD = 98, 99
FOLDER = pathlib.Path(__file__).parent


def tokenizer(side, pad):
    """A word-level tokenizer: `w7` is id 7, 98 ends a text, 99 pads; `pad` is None, 'pad' or 'eos'."""
    words = {f"w{i}": i for i in range(EOS)} | {"<eos>": EOS, "<pad>": PAD}
    raw = Tokenizer(models.WordLevel(words, unk_token="w0"))
    raw.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    special = {None: {}, "pad": {"pad_token": "<pad>"}, "eos": {"pad_token": "<eos>"}}[pad]
    return PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<eos>", padding_side=side, **special)


def rows_of(lengths, end=False):
    rows = [[random.randrange(EOS) for _ in range(length)] for length in lengths]
    return [row[:-1] + [EOS] if end else row for row in rows]


def truncated(rows, length, side, made):
    """Rows cut by the tokenizer itself, from text."""
    made.truncation_side = side
    texts = [" ".join(f"w{i}" for i in row) for row in rows]
    return made(texts, truncation=True, max_length=length)["input_ids"]


def case(name, rows, side="left", pad="pad", multiple=None, masks=None, bare=False, cut=None):
    """One call of the collator. `bare`: rows are lists, not dictionaries. `cut`: (length, side) of truncation."""
    made = tokenizer(side, pad)
    given = truncated(rows, *cut, made) if cut else rows
    examples = given if bare else [{"input_ids": list(row)} for row in given]
    for example, mask in zip(examples, masks or []):
        example["attention_mask"] = mask
    record = {
        "name": name,
        "rows": rows,
        "masks": masks,
        "bare": bare,
        "options": {
            "paddingSide": side,
            "padTokenId": made.pad_token_id,
            "padToMultipleOf": multiple,
            "maxLength": cut[0] if cut else None,
            "truncationSide": cut[1] if cut else None,
        },
    }
    collator = DataCollatorForLanguageModeling(made, mlm=False, pad_to_multiple_of=multiple)
    try:
        batch = collator(examples)
    except ValueError as error:
        return record | {"error": str(error).split(".")[0]}
    return record | {"batch": {key: value.tolist() for key, value in sorted(batch.items())}}


def cases():
    yield case("ragged, left", rows_of([5, 2, 3]))
    yield case("ragged, right", rows_of([5, 2, 3]), side="right")
    yield case("pad is eos, left: real ends of text lose their labels", rows_of([5, 3], end=True), pad="eos")
    yield case("pad is eos, right: real ends of text lose their labels", rows_of([3, 5], end=True), "right", "eos")
    yield case("own pad token: ends of text keep their labels", rows_of([5, 3], end=True))
    yield case("multiple of 8, left", rows_of([5, 9]), multiple=8)
    yield case("multiple of 8, right", rows_of([5, 9]), side="right", multiple=8)
    yield case("multiple of 4 already met", rows_of([4, 2]), multiple=4)
    yield case("equal rows without a pad token", rows_of([4, 4]), pad=None)
    yield case("equal rows, right", rows_of([4, 4]), side="right")
    yield case("one row", rows_of([3]))
    yield case("one row of one token", rows_of([1]))
    yield case("the pad id inside a row loses its label", [[1, PAD, 3], [4, 5, 6, 7]])
    yield case("masks given, left", rows_of([4, 2]), masks=[[1, 0, 1, 1], [0, 1]])
    yield case("masks given, right", rows_of([4, 2]), side="right", masks=[[1, 0, 1, 1], [0, 1]])
    yield case("masks given, multiple of 4", rows_of([5, 2]), multiple=4, masks=[[0, 0, 1, 1, 1], [1, 1]])
    yield case("bare lists, ragged, left: no mask", rows_of([5, 2, 3]), bare=True)
    yield case("bare lists, ragged, right: no mask", rows_of([5, 2, 3]), side="right", bare=True)
    yield case("bare lists of equal length: no mask", rows_of([4, 4]), pad=None, bare=True)
    yield case("bare lists, multiple of 4: no mask", rows_of([3, 3]), multiple=4, bare=True)
    yield case("cut on the right", rows_of([7, 4, 2]), cut=(4, "right"))
    yield case("cut on the left", rows_of([7, 4, 2]), cut=(4, "left"))
    yield case("cut, then rounded up past the limit", rows_of([7, 6]), cut=(5, "right"), multiple=4)
    yield case("ragged without a pad token", rows_of([4, 2]), pad=None)
    yield case("ragged bare lists without a pad token", rows_of([4, 2]), pad=None, bare=True)
    yield case("multiple of 4 without a pad token", rows_of([3, 3]), pad=None, multiple=4)
    yield case("many rows, left, pad is eos", rows_of([random.randint(1, 20) for _ in range(16)], end=True), pad="eos")
    yield case("many rows, right", rows_of([random.randint(1, 20) for _ in range(16)]), side="right", multiple=8)


def main():
    random.seed(SEED)
    records = list(cases())
    text = "[\n" + ",\n".join(json.dumps(record) for record in records) + "\n]\n"
    (FOLDER / "cases.json").write_text(text, newline="\n")
    manifest = {
        "producer": "transformers.DataCollatorForLanguageModeling(mlm=False)",
        "command": "python golden/collator/make.py",
        "seed": SEED,
        "versions": {
            "transformers": transformers.__version__,
            "tokenizers": tokenizers.__version__,
            "torch": torch.__version__.split("+")[0],
        },
        "vocabSize": VOCABULARY,
        "cases": len(records),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    (FOLDER / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", newline="\n")


if __name__ == "__main__":
    main()
