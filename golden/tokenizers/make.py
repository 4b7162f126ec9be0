"""Records the ids that Hugging Face's tokenizers gives, for packages/collator to be held against.

    pip install tokenizers==0.23.3 sentencepiece==0.2.3 protobuf
    python golden/tokenizers/make.py

Writes cases.json and manifest.json beside this file: models, and for each tokenizer its parts, and for each of some
hostile texts its ids and what they are decoded to. Models are trained on text made here; nothing is downloaded.

    python golden/tokenizers/make.py --differences 5000

records nothing: it gives as many random texts to each tokenizer, here and to ids.ts, and prints the texts whose ids
differ; with SentencePiece's whole tables of replacements too. Run by hand when a tokenizer's code or a version changes.
"""

import argparse
import hashlib
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import sentencepiece
import tokenizers
from base_models import SEED, base_models
from kinds import build, kinds

FOLDER = pathlib.Path(__file__).parent

TEXTS = [
    "Hello world",
    "  two  blanks, then one ",
    "the user is here, wherefore users\nuser",
    "THE User the_user user1 1user",
    "a\u0085b\u00a0c\ufeffd\u200be\u2028f\u3000g",
    "\u0085\ufeff x\ty\r\nz\n\n\nw",
    "2024, 12345678 x1 ½ Ⅷ ٣٤ ①",
    "don't DON'T they'll I'VE 's",
    "日本語の雨 한글 لاما नमि",
    "cafe\u0301 CAF\u00c9 \u00fcber \u0130I\u0131i \u03a3\u03c3\u03c2 \u039f\u03a3 \ufb01 \u1e9e\u00df",
    "a🙂b 👨\u200d👩\u200d👧 🇩🇪 \U0001d518 𠀀",
    "<s>user</s> <m> x <m>y<m>  <|endoftext|>z <|user|>",
    "a<m>\tb \u00a0<m>\u0085c the<m>world  ka katoka tokato a",
    "(x)--[y]... \u2014 \u00abz\u00bb $1+2=^`~| \u00a1\u00bf",
    "ababa babab",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "\u1100\u1161\u11a8 A\u0301 e\u0301 \ufffd \u0000\u0007",
    "[CLS] ruhig [UNK] [PAD]",
    "x\n\n\ty \n\n\n z",
    " ",
    "\n",
    "",
]

ALPHABETS = [
    "abcdefgh",
    "aeiouAEIOU",
    "    \t\n\r\u000b\u000c\u0085\u00a0\u1680\u2003\u2028\u2029\u202f\u205f\u3000\ufeff\u200b\u200c\u200d\u2060\u180e",
    "0123456789٠١٢३½²Ⅷ①",
    ".,;:!?-_'\"()[]{}<>/\\|@#$%^&*+=~`—…«»¿·。、・",
    "éüñÉÜßẞİıΣσςſﬁǅÅÅ가각힣",
    "\u0300\u0301\u0308\u0327\u0903\u093e\u20dd\u0483\u1ab0\ufe0f\ufe20",
    "\u1100\u1161\u11a8\u1112\u1175",
    "日本語雨のかなカナｶﾅ한글",
    "नमस्तेক্ষلاماعשלום",
    "🙂👨👩👧🇩🇪🏽\u200d\ufe0f\U0001d518\U00020000\U0002f800\U0001f1e6",
    "\u0000\u0001\u0007\u001f\u007f\u0080\u009f\u00ad\u200e\u202e\ufff9\ufffd\ue000\U000e0001",
    "▁▁Ġ##</w>",
]
WORDS = ["user", "users", "User", "THE", "the", "<m>", "<s>", "</s>", "kato", "toka", "ka", "world", "hello", "an"]
WORDS += ["<|endoftext|>", "<|user|>", "<|us", "[CLS]", "[UNK]", "é", "aba", "bab", "'s", "'LL", "  ", "\n\n", "\t"]


def random_text(source):
    def part():
        if source.random() < 0.3:
            return source.choice(WORDS)
        alphabet = source.choice(ALPHABETS)
        return "".join(source.choice(alphabet) for _ in range(source.randint(1, 5)))

    return "".join(part() for _ in range(source.randint(1, 10)))


def record():
    known = base_models()
    cases = []
    for name, (model, parts) in kinds().items():
        tokenizer = build(known[model], parts)
        made = json.loads(tokenizer.to_str())
        keys = ["normalizer", "pre_tokenizer", "post_processor", "decoder", "added_tokens"]
        results = []
        for text in TEXTS:
            ids = tokenizer.encode(text).ids
            results.append([ids, tokenizer.decode(ids, skip_special_tokens=False)])
        config = {"split_special_tokens": True} if parts.get("split_special") else {}
        cases.append({"name": name, "model": model, **{key: made[key] for key in keys}, "config": config, "results": results})
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    named = ",\n".join(f"{json.dumps(name)}: {json.dumps(model, ensure_ascii=False)}" for name, model in known.items())
    texts = json.dumps(TEXTS, ensure_ascii=False)
    written = f'{{"texts": {texts},\n"models": {{\n{named}\n}},\n"cases": [\n{lines}\n]}}\n'
    (FOLDER / "cases.json").write_text(written, encoding="utf-8")
    manifest = {
        "producer": "tokenizers.Tokenizer",
        "command": "python golden/tokenizers/make.py",
        "seed": SEED,
        "versions": {"tokenizers": tokenizers.__version__, "sentencepiece": sentencepiece.__version__},
        "cases": len(cases),
        "sha256": hashlib.sha256(written.encode()).hexdigest(),
    }
    (FOLDER / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    print(f"{len(cases)} tokenizers, {len(cases) * len(TEXTS)} texts")


def ids_of(tokenizer, text):
    """None where tokenizers itself gives up, as it does when a token that strips blanks swallows another."""
    try:
        return tokenizer.encode(text).ids
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        return None


def ids_here(folder, texts):
    command = ["npx", "tsx", "--conditions=@nanscope/source", str(FOLDER / "ids.ts"), str(folder)]
    done = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, cwd=FOLDER.parent.parent)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def compare(count, only):
    known = base_models()
    folder = pathlib.Path(tempfile.mkdtemp())
    texts, expected = {}, {}
    for name, (model, parts) in kinds(full=True).items():
        if only not in name:
            continue
        tokenizer = build(known[model], parts)
        source = random.Random(f"{SEED} {name}")
        texts[name] = [random_text(source) for _ in range(count)]
        expected[name] = [ids_of(tokenizer, text) for text in texts[name]]
        (folder / name).mkdir()
        tokenizer.save(str(folder / name / "tokenizer.json"))
        config = {"split_special_tokens": True} if parts.get("split_special") else {}
        (folder / name / "tokenizer_config.json").write_text(json.dumps(config | {"tokenizer_class": "TokenizersBackend"}))
    found = ids_here(folder, texts)
    for name in texts:
        wrong = [i for i in range(count) if expected[name][i] not in (None, found[name][i])]
        print(f"{name}: {len(wrong)} of {count} differ")
        for i in sorted(wrong, key=lambda i: len(texts[name][i]))[:3]:
            print(f"  {texts[name][i]!a}\n    tokenizers {expected[name][i]}\n    here       {found[name][i]}")


parser = argparse.ArgumentParser()
parser.add_argument("--differences", type=int, metavar="TEXTS")
parser.add_argument("--only", default="", metavar="WORD", help="tokenizers whose name holds it")
given = parser.parse_args()
if given.differences is None:
    record()
else:
    compare(given.differences, given.only)
