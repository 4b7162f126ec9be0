"""What Hugging Face's transformers makes of a model that nanscope saved, with its tokenizer.

    python golden/gpt2-saved/make.py             saves model/ with nanscope, writes expected.json and manifest.json
    python golden/gpt2-saved/make.py --read D    loads the directory D and prints the same numbers as JSON

The texts are tokenized by the saved tokenizer, padded on the left, and run in float64 without position_ids of our own.
"""
import hashlib, json, pathlib, subprocess, sys
import torch, transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

HERE = pathlib.Path(__file__).parent
TEXTS = ['A cat naps.', 'naïve\n🙂', 'so <|endoftext|>']


def read(directory):
    tokenizer = AutoTokenizer.from_pretrained(directory, padding_side='left')
    model, info = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float64, output_loading_info=True)
    assert not any(info.values()), info
    batch = tokenizer(TEXTS, padding=True, return_tensors='pt')
    positions = (batch['attention_mask'].cumsum(-1) - 1).clamp(min=0)
    with torch.no_grad():
        logits = model.eval()(**batch, position_ids=positions).logits
    return {
        'texts': TEXTS,
        'input_ids': batch['input_ids'].tolist(),
        'attention_mask': batch['attention_mask'].tolist(),
        'special_ids': [tokenizer.pad_token_id, tokenizer.eos_token_id, tokenizer.bos_token_id],
        'vocabulary': len(tokenizer),
        'round_trip': [tokenizer.decode(tokenizer(text)['input_ids']) for text in TEXTS],
        # of the last position of each row
        'last_logits': logits[:, -1].tolist(),
    }


def make():
    model = HERE / 'model'
    command = ['pnpm', 'exec', 'tsx', '--conditions=@nanscope/source', 'test/golden/saved-model.ts', str(model)]
    subprocess.run(command, check=True, cwd=HERE.parent.parent)
    (HERE / 'expected.json').write_text(json.dumps(read(model), indent=1) + '\n')
    files = ['expected.json', *sorted(f'model/{path.name}' for path in model.iterdir())]
    manifest = {
        'producer': 'nanscope saveGpt2 (model/), transformers.AutoModelForCausalLM and AutoTokenizer in float64 (expected.json)',
        'command': 'python golden/gpt2-saved/make.py',
        'seed': 5,
        'versions': {'transformers': transformers.__version__, 'torch': torch.__version__.split('+')[0]},
        'sha256': {name: hashlib.sha256((HERE / name).read_bytes()).hexdigest() for name in files},
    }
    (HERE / 'manifest.json').write_text(json.dumps(manifest, indent=2) + '\n')


if len(sys.argv) == 3 and sys.argv[1] == '--read':
    print(json.dumps(read(sys.argv[2])))
else:
    make()
