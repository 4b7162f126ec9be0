"""The small models under the tokenizers that make.py records, trained on text made here."""

import json
import random

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

SEED = 7

SYLLABLES = "ka to ri mu an el or ith sch ing the é ü ñ ст ра на मि ना 日 本 語 の 雨 か な 한 글 لا م ع ".split()


def corpus():
    """Lines of invented words in several scripts; the same on every machine."""
    source = random.Random(SEED)
    words = ["".join(source.choice(SYLLABLES) for _ in range(source.randint(1, 4))) for _ in range(300)]
    words += [word.capitalize() for word in words[:60]] + ["user", "users", "x1", "2024", "don't", "Hello", "world"]
    ends = [".", ",", "!", "?", ";", " —", "...", ""]
    return [
        " ".join(source.choice(words) + source.choice(ends) for _ in range(source.randint(3, 12))) for _ in range(400)
    ]


def trained(model, trainer, **parts):
    tokenizer = Tokenizer(model)
    for name, part in parts.items():
        setattr(tokenizer, name, part)
    tokenizer.train_from_iterator(corpus(), trainer)
    return json.loads(tokenizer.to_str())["model"]


def with_bytes(model):
    """The model with a token for every byte."""
    names = [f"<0x{byte:02X}>" for byte in range(256)]
    if model["type"] == "Unigram":
        return {**model, "byte_fallback": True, "vocab": model["vocab"] + [[name, -20.0] for name in names]}
    size = len(model["vocab"])
    return {**model, "byte_fallback": True, "vocab": model["vocab"] | {name: size + i for i, name in enumerate(names)}}


def without(model, token):
    """The model without one token; the ids above it move down."""
    if model["type"] == "Unigram":
        return {**model, "vocab": [entry for entry in model["vocab"] if entry[0] != token]}
    left = sorted((id, name) for name, id in model["vocab"].items() if name != token)
    return {**model, "vocab": {name: id for id, (_, name) in enumerate(left)}}


def base_models():
    """Models by name, as in tokenizer.json."""
    quiet = {"show_progress": False}
    metaspace = {"pre_tokenizer": pre_tokenizers.Metaspace()}
    words = {"pre_tokenizer": pre_tokenizers.Whitespace()}
    byte = trained(
        models.BPE(),
        trainers.BpeTrainer(
            vocab_size=420,
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            special_tokens=["<|endoftext|>", "<|user|>"],
            **quiet,
        ),
        pre_tokenizer=pre_tokenizers.ByteLevel(add_prefix_space=False),
    )
    piece = trained(
        models.BPE(unk_token="<unk>", fuse_unk=True),
        trainers.BpeTrainer(vocab_size=200, special_tokens=["<unk>", "<s>", "</s>"], **quiet),
        **metaspace,
    )
    suffix = trained(
        models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"),
        trainers.BpeTrainer(vocab_size=200, special_tokens=["<unk>"], end_of_word_suffix="</w>", **quiet),
        **words,
    )
    prefix = trained(
        models.BPE(unk_token="<unk>", continuing_subword_prefix="##"),
        trainers.BpeTrainer(vocab_size=200, special_tokens=["<unk>"], continuing_subword_prefix="##", **quiet),
        **words,
    )
    unigram = trained(
        models.Unigram(),
        trainers.UnigramTrainer(
            vocab_size=180, special_tokens=["<unk>", "<s>", "</s>"], unk_token="<unk>", max_piece_length=8, **quiet
        ),
        **metaspace,
    )
    # Scores that add up alike by several ways: ties are what a copy gets wrong first.
    ties = {
        "type": "Unigram",
        "unk_id": 0,
        "byte_fallback": False,
        "vocab": [["<unk>", 0.0], ["▁", -2.0], ["a", -1.0], ["b", -1.0], ["ab", -2.0], ["ba", -2.0], ["aba", -3.0]],
    }
    wordpiece = trained(
        models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=12),
        trainers.WordPieceTrainer(vocab_size=220, special_tokens=["[UNK]", "[CLS]", "[SEP]", "[PAD]"], **quiet),
        pre_tokenizer=pre_tokenizers.BertPreTokenizer(),
    )
    wordlevel = trained(
        models.WordLevel(unk_token="[UNK]"),
        trainers.WordLevelTrainer(vocab_size=150, special_tokens=["[UNK]"], **quiet),
        **words,
    )
    piece_bytes = with_bytes(piece)
    return {
        "byte": byte,
        "byte-whole": {**byte, "ignore_merges": True},
        "piece": piece,
        "piece-apart": {**piece, "fuse_unk": False},
        "piece-bytes": piece_bytes,
        "piece-bytes-few": without(piece_bytes, "<0xE9>"),
        "suffix": suffix,
        "prefix": prefix,
        "unigram": unigram,
        "unigram-bytes": with_bytes(unigram),
        "unigram-bytes-few": without(with_bytes(unigram), "<0xF0>"),
        "ties": ties,
        "wordpiece": wordpiece,
        "wordlevel": wordlevel,
    }
