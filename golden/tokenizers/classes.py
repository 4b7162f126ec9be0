"""What the tokenizer classes of transformers make of a tokenizer.json: python golden/tokenizers/classes.py

    pip install transformers==5.24.0 tokenizers==0.23.3

AutoTokenizer chooses a class by tokenizer_config.json and by the model_type of config.json, and most classes build parts of
the tokenizer anew. Models are those of cases.json; written is classes.json, its manifest within.
"""
import json, pathlib, tempfile
import tokenizers, transformers
from kinds import LLAMA3, build, byte_after, split, token
from tokenizers import Regex, decoders, normalizers as N, pre_tokenizers as P, processors
from transformers import AutoTokenizer

HERE = pathlib.Path(__file__).parent
MODELS = json.loads((HERE / "cases.json").read_text())["models"]
TEXTS = ["Hello world", "  two  blanks, then one ", "user don't DON'T 12345678 x1", "日本語の雨 한글 cafe\u0301 🙂", "a\n\n\nb\t\tc", "<s>user</s> <|user|>  x<|endoftext|>y", " ", "\nHello", ""]
END, PIECES = "<|endoftext|>", [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
BYTE = {"decoder": decoders.ByteLevel(), "added": [token(END, special=True), token("<|user|>", special=True)]}
LEVEL = P.ByteLevel(add_prefix_space=False)
BOS = processors.TemplateProcessing(single=f"{END} $A", special_tokens=[(END, 0)])
SPECIAL = [token("<unk>", special=True), token("<s>", special=True), token("</s>", special=True), token("<|user|>", special=True, rstrip=True)]
PIECE = {"post_processor": processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)]), "added": SPECIAL}
LLAMA = PIECE | {"normalizer": N.Sequence([N.Prepend("▁"), N.Replace(" ", "▁")]), "decoder": decoders.Sequence([*PIECES, decoders.Strip(" ", 1, 0)])}
GEMMA = PIECE | {"normalizer": N.Replace(" ", "▁"), "pre_tokenizer": split(" ", "merged_with_previous"), "decoder": decoders.Sequence(PIECES)}
DIGITS = BYTE | {"pre_tokenizer": P.Sequence([P.Digits(individual_digits=True), LEVEL])}
NFC = BYTE | {"normalizer": N.NFC(), "pre_tokenizer": LEVEL}
LLAMA3_PARTS = BYTE | {"pre_tokenizer": byte_after(split(Regex(LLAMA3), "isolated"))}

# name: (model, parts, tokenizer_config.json without its special tokens, model_type)
CASES = {
    "a file as it is": ("byte", LLAMA3_PARTS | {"post_processor": BOS}, {"tokenizer_class": "PreTrainedTokenizerFast", "add_bos_token": False}, "llama"),
    "no class, a model with one": ("byte", LLAMA3_PARTS, {}, "qwen3"),
    "no class, a model without one": ("byte", LLAMA3_PARTS | {"post_processor": BOS}, {}, "llama"),
    "GPT-2's with digits apart": ("byte", DIGITS, {"tokenizer_class": "GPT2Tokenizer"}, "llama"),
    "GPT-2's in a model that takes the file": ("byte", LLAMA3_PARTS, {"tokenizer_class": "GPT2Tokenizer"}, "olmo2"),
    "GPT-2's with a prefix space": ("byte", BYTE | {"pre_tokenizer": LEVEL}, {"tokenizer_class": "GPT2TokenizerFast", "add_prefix_space": True}, "gpt2"),
    "Qwen2's over another pattern": ("byte", LLAMA3_PARTS, {"tokenizer_class": "Qwen2TokenizerFast", "add_bos_token": True}, "qwen3"),
    "Qwen2's model distrusts GPT-2's": ("byte", DIGITS, {"tokenizer_class": "GPT2Tokenizer"}, "qwen2"),
    "GPT-NeoX's loses the beginning": ("byte", NFC | {"post_processor": BOS}, {"tokenizer_class": "GPTNeoXTokenizerFast", "add_bos_token": True}, "gpt_neox"),
    "Llama's": ("piece-bytes", LLAMA, {"tokenizer_class": "LlamaTokenizer", "add_bos_token": True, "legacy": False}, "llama"),
    "Llama's, legacy": ("piece-bytes", LLAMA, {"tokenizer_class": "LlamaTokenizerFast", "legacy": True}, "llama"),
    "Llama's without a prefix": ("piece-bytes", LLAMA, {"tokenizer_class": "LlamaTokenizer", "add_prefix_space": False}, "smollm3"),
    "Llama's name on bytes": ("byte", LLAMA3_PARTS, {"tokenizer_class": "LlamaTokenizerFast"}, "llama"),
    "Llama's in a Phi-3": ("piece-bytes", LLAMA, {"tokenizer_class": "LlamaTokenizer", "legacy": False}, "phi3"),
    "Llama's in a Mistral": ("piece-bytes", LLAMA, {"tokenizer_class": "LlamaTokenizer", "legacy": False}, "mistral"),
    "Gemma's": ("piece-bytes", GEMMA, {"tokenizer_class": "GemmaTokenizer", "add_bos_token": True}, "gemma2"),
    "Gemma's over Llama's parts": ("piece-bytes-few", LLAMA, {"tokenizer_class": "GemmaTokenizerFast"}, "gemma3_text"),
}

lines = []
for name, (model, parts, settings, model_type) in CASES.items():
    made = build(MODELS[model], parts)
    names = {"bos_token": END, "eos_token": END, "unk_token": END} if model == "byte" else {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    config = settings | names
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        made.save(str(path / "tokenizer.json"))
        (path / "tokenizer_config.json").write_text(json.dumps(config))
        (path / "config.json").write_text(json.dumps({"model_type": model_type}))
        tokenizer = AutoTokenizer.from_pretrained(path)
        ids = [tokenizer(text)["input_ids"] for text in TEXTS]
    file = {key: value for key, value in json.loads(made.to_str()).items() if key != "model"}
    results = [[row, tokenizer.decode(row)] for row in ids]
    case = {"name": name, "class": type(tokenizer).__name__, "model": model, "file": file, "config": config, "modelType": model_type, "results": results}
    lines.append(json.dumps(case, ensure_ascii=False))
manifest = {"producer": "transformers.AutoTokenizer", "command": "python golden/tokenizers/classes.py", "versions": {"transformers": transformers.__version__, "tokenizers": tokenizers.__version__}}
written = f'{{"manifest": {json.dumps(manifest)},\n"texts": {json.dumps(TEXTS, ensure_ascii=False)},\n"cases": [\n' + ",\n".join(lines) + "\n]}\n"
(HERE / "classes.json").write_text(written, encoding="utf-8")
print(f"{len(lines)} tokenizers")
