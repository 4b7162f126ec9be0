"""The tokenizers that make.py records: the models of base_models.py, each with parts that are hard to copy."""

import json

from base_models import corpus
from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
O200K = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
DIGITS_3 = r"\d{1,3}(?=(?:\d{3})*\b)"


def split(pattern, behavior, invert=False):
    return pre_tokenizers.Split(pattern, behavior, invert)


def byte_after(*steps):
    return pre_tokenizers.Sequence([*steps, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def token(content, **flags):
    return AddedToken(content, **flags)


BEHAVIORS = {
    "Removed": "removed",
    "Isolated": "isolated",
    "Contiguous": "contiguous",
    "MergedWithPrevious": "merged_with_previous",
    "MergedWithNext": "merged_with_next",
}
END = [("<|endoftext|>", 0)]
CLS = ("[CLS]", 1)
SEP = ("[SEP]", 2)


def charsmap(rule):
    """SentencePiece's own table of replacements, by the name of its rule or from lines of code points."""
    import pathlib
    import tempfile

    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2 as format_of

    folder = pathlib.Path(tempfile.mkdtemp())
    (folder / "text").write_text("\n".join(corpus()))
    options = {"normalization_rule_name": rule}
    if not isinstance(rule, str):
        (folder / "rule.tsv").write_text("".join(f"{' '.join(a)}\t{' '.join(b)}\n" for a, b in rule))
        options = {"normalization_rule_tsv": str(folder / "rule.tsv")}
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "text"), model_prefix=str(folder / "m"), vocab_size=150, minloglevel=2, **options
    )
    model = format_of.ModelProto()
    model.ParseFromString((folder / "m.model").read_bytes())
    return model.normalizer_spec.precompiled_charsmap


SMALL_RULE = [
    (["41"], ["61"]),
    (["41", "301"], ["E1"]),
    (["FB01"], ["66", "69"]),
    (["200D"], ["20"]),
    (["3000"], ["20"]),
    (["FEFF"], []),
    (["65", "301"], ["E9"]),
    (["1100", "1161"], ["AC00"]),
]


def kinds(full=False):
    """Tokenizers by name: the name of the model, and the parts around it.

    full: with SentencePiece's whole tables, which are too large to be recorded.
    """
    N, P = normalizers, pre_tokenizers
    level = P.ByteLevel(add_prefix_space=False)
    all_kinds = {
        "byte gpt2": ("byte", {"pre_tokenizer": level, "decoder": decoders.ByteLevel()}),
        "byte prefix space": ("byte", {"pre_tokenizer": P.ByteLevel(add_prefix_space=True)}),
        "byte no regex": ("byte", {"pre_tokenizer": P.ByteLevel(add_prefix_space=False, use_regex=False)}),
        "byte ignore merges": ("byte-whole", {"pre_tokenizer": level}),
        "byte normalizer": ("byte", {"normalizer": N.ByteLevel(), "decoder": decoders.ByteLevel()}),
        "byte template": (
            "byte",
            {
                "pre_tokenizer": level,
                "post_processor": processors.Sequence(
                    [
                        processors.ByteLevel(),
                        processors.TemplateProcessing(single="<|endoftext|> $A <|endoftext|>", special_tokens=END),
                    ]
                ),
            },
        ),
    }
    for name, pattern in {"gpt2": GPT2, "llama3": LLAMA3, "qwen2": QWEN2, "o200k": O200K, "digits": DIGITS_3}.items():
        all_kinds[f"byte {name} pattern"] = ("byte", {"pre_tokenizer": byte_after(split(Regex(pattern), "isolated"))})
    for name, behavior in BEHAVIORS.items():
        for invert in [False, True]:
            word = "inverted " if invert else ""
            for what, pattern in {"class": Regex("[aeiou ]"), "empty": Regex("(?=[A-Z])| *"), "text": "an"}.items():
                all_kinds[f"byte split {word}{name} {what}"] = (
                    "byte",
                    {"pre_tokenizer": byte_after(split(pattern, behavior, invert))},
                )
        all_kinds[f"byte punctuation {name}"] = ("byte", {"pre_tokenizer": byte_after(P.Punctuation(behavior))})
    for name, step in {
        "digits": P.Digits(individual_digits=False),
        "single digits": P.Digits(individual_digits=True),
        "whitespace": P.Whitespace(),
        "whitespace split": P.WhitespaceSplit(),
        "delimiter": P.CharDelimiterSplit("-"),
        "bert": P.BertPreTokenizer(),
        "fixed length": P.FixedLength(3),
    }.items():
        all_kinds[f"byte {name}"] = ("byte", {"pre_tokenizer": byte_after(step)})
    for name, step in {
        "NFC": N.NFC(),
        "NFD": N.NFD(),
        "NFKC": N.NFKC(),
        "NFKD": N.NFKD(),
        "lowercase": N.Lowercase(),
        "strip accents": N.Sequence([N.NFD(), N.StripAccents()]),
        "strip": N.Strip(),
        "strip right": N.Strip(left=False, right=True),
        "replace text": N.Replace("a", "$&b"),
        "replace pattern": N.Replace(Regex(r"\s+"), " "),
        "prepend": N.Prepend("x"),
        "nmt": N.Nmt(),
        "bert cased": N.BertNormalizer(lowercase=False),
        "bert uncased": N.BertNormalizer(),
        "bert accents": N.BertNormalizer(strip_accents=False),
        "bert bare": N.BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False),
    }.items():
        all_kinds[f"byte {name}"] = ("byte", {"normalizer": step, "pre_tokenizer": level})
    lower = N.Lowercase()
    for name, tokens, normalizer in [
        ("single word", [token("user", single_word=True), token("é", single_word=True)], None),
        ("left strip", [token("<m>", lstrip=True), token("the", lstrip=True, normalized=False)], None),
        ("right strip", [token("<m>", rstrip=True), token("world", rstrip=True, normalized=False)], None),
        ("both strip", [token("<m>", lstrip=True, rstrip=True, special=True)], None),
        ("normalized", [token("User", normalized=True), token("THE", normalized=True)], lower),
        ("not normalized", [token("User", normalized=False), token("hello", normalized=False)], lower),
        ("overlapping", [token("ka"), token("kato"), token("toka"), token("a", single_word=True)], None),
        ("blanks", [token("  "), token("\n\n", rstrip=True), token("\t", lstrip=True)], None),
    ]:
        parts = {"pre_tokenizer": level, "normalizer": normalizer, "added": tokens, "decoder": decoders.ByteLevel()}
        all_kinds[f"byte added {name}"] = ("byte", parts)
    all_kinds["byte split special"] = (
        "byte",
        {"pre_tokenizer": level, "added": [token("<m>", special=True), token("<|us")], "split_special": True},
    )
    llama = {
        "normalizer": N.Sequence([N.Prepend("▁"), N.Replace(" ", "▁")]),
        "decoder": decoders.Sequence(
            [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
        ),
        "post_processor": processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)]),
        "added": [token("<s>", special=True), token("</s>", special=True)],
    }
    for model in ["piece", "piece-apart", "piece-bytes", "piece-bytes-few"]:
        all_kinds[f"{model} llama"] = (model, llama)
    for scheme in ["always", "first", "never"]:
        for cut in [True, False]:
            step = P.Metaspace(prepend_scheme=scheme, split=cut)
            parts = {
                "pre_tokenizer": step,
                "decoder": decoders.Metaspace(prepend_scheme=scheme, split=cut),
                "added": [token("<s>", special=True), token("user")],
            }
            for model in ["unigram", "unigram-bytes", "piece-bytes"]:
                all_kinds[f"{model} {scheme}{'' if cut else ' whole'}"] = (model, parts)
    strip = N.Sequence([N.Strip(left=True, right=True), N.Replace(Regex(" {2,}"), "▁")])
    first = P.Metaspace(prepend_scheme="first")
    all_kinds["unigram first stripped"] = ("unigram", {"normalizer": strip, "pre_tokenizer": first})
    for name, step in {
        "replace": N.Replace(Regex("[ -]"), ""),
        "nmt": N.Nmt(),
        "bert": N.BertNormalizer(),
        "strip accents": N.StripAccents(),
        "prepend": N.Sequence([N.Strip(), N.Prepend("x")]),
    }.items():
        all_kinds[f"unigram first {name}"] = ("unigram", {"normalizer": step, "pre_tokenizer": first})
    all_kinds["unigram first words"] = (
        "unigram",
        {"normalizer": N.NFKC(), "pre_tokenizer": P.Sequence([P.WhitespaceSplit(), first])},
    )
    all_kinds["unigram few bytes"] = ("unigram-bytes-few", {"pre_tokenizer": P.Metaspace()})
    all_kinds["unigram ties"] = ("ties", {"pre_tokenizer": P.Metaspace()})
    tables = {"table": SMALL_RULE} | ({"nmt_nfkc": "nmt_nfkc", "nfkc_cf": "nfkc_cf"} if full else {})
    for name, rule in tables.items():
        step = N.Precompiled(charsmap(rule))
        for scheme in ["always", "first"]:
            parts = {"normalizer": step, "pre_tokenizer": P.Metaspace(prepend_scheme=scheme)}
            all_kinds[f"unigram {name} {scheme}"] = ("unigram", parts)
    for name, step in {"bert": N.BertNormalizer(), "cased": N.BertNormalizer(lowercase=False)}.items():
        parts = {
            "normalizer": step,
            "pre_tokenizer": P.BertPreTokenizer(),
            "post_processor": processors.BertProcessing(SEP, CLS),
            "decoder": decoders.WordPiece(),
            "added": [token(content, special=True) for content in ["[UNK]", "[CLS]", "[SEP]", "[PAD]"]],
        }
        all_kinds[f"wordpiece {name}"] = ("wordpiece", parts)
    roberta = processors.RobertaProcessing(SEP, CLS)
    all_kinds["wordlevel"] = ("wordlevel", {"pre_tokenizer": P.Whitespace(), "post_processor": roberta})
    all_kinds["suffix"] = ("suffix", {"pre_tokenizer": P.Whitespace(), "decoder": decoders.BPEDecoder()})
    all_kinds["prefix"] = ("prefix", {"pre_tokenizer": P.Whitespace()})
    return all_kinds


def build(model, parts):
    """The tokenizer of a kind."""
    parts = dict(parts)
    added, split_special = parts.pop("added", []), parts.pop("split_special", False)
    tokenizer = Tokenizer.from_str(json.dumps({"version": "1.0", "added_tokens": [], "model": model}))
    for name, part in parts.items():
        if part is not None:
            setattr(tokenizer, name, part)
    tokenizer.add_tokens(added)
    tokenizer.encode_special_tokens = split_special
    return tokenizer
