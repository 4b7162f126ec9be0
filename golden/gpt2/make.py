"""Reference numbers for packages/model, from Hugging Face's GPT-2 itself.

    python golden/gpt2/make.py            writes model/, expected.json, manifest.json
    python golden/gpt2/make.py --read D   loads a model directory that nanscope wrote and prints its loss as JSON

A tiny random model is saved with save_pretrained, so model/ is the Hugging Face layout as Hugging Face writes it.
Losses and logits are computed in float64, for both of its attention implementations, on a left-padded batch.
"""
import hashlib, json, pathlib, sys
import torch, transformers
from transformers import GPT2Config, GPT2LMHeadModel

HERE = pathlib.Path(__file__).parent
SEED = 1234
CONFIG = dict(vocab_size=31, n_positions=12, n_embd=8, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=0, pad_token_id=0,
              resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0)
IDS = [[3, 7, 30, 1, 12, 25, 9, 9], [0, 0, 0, 5, 17, 2, 28, 4], [0, 0, 0, 0, 0, 0, 11, 6]]
MASK = [[1] * 8, [0] * 3 + [1] * 5, [0] * 6 + [1] * 2]


def run(directory, implementation, dtype):
    model = GPT2LMHeadModel.from_pretrained(directory, attn_implementation=implementation, dtype=dtype).eval()
    ids, mask = torch.tensor(IDS), torch.tensor(MASK)
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    labels = ids.masked_fill(mask == 0, -100)
    with torch.no_grad():
        out = model(input_ids=ids, attention_mask=mask, position_ids=positions)
    # Recomputed here in the model's own dtype: the model's loss function casts its logits to float32 first.
    loss = torch.nn.functional.cross_entropy(out.logits[:, :-1].reshape(-1, 31), labels[:, 1:].reshape(-1), ignore_index=-100)
    return loss, out.logits


def make():
    torch.manual_seed(SEED)
    model = GPT2LMHeadModel(GPT2Config(**CONFIG))
    with torch.no_grad():
        for parameter in model.parameters():  # larger than usual, so that mistakes show
            parameter.add_(torch.randn_like(parameter) * 0.2)
    model.save_pretrained(HERE / 'model')
    (HERE / 'model' / 'generation_config.json').unlink()
    (HERE / 'model' / 'model.safetensors').chmod(0o644)
    expected = {'input_ids': IDS, 'attention_mask': MASK, 'results': {}}
    for implementation in ('eager', 'sdpa'):
        loss64, logits = run(HERE / 'model', implementation, torch.float64)
        loss32, logits32 = run(HERE / 'model', implementation, torch.float32)
        expected['results'][implementation] = {
            'loss': loss64.item(),
            'loss_float32': loss32.item(),
            'float32_vs_float64_max_abs': (logits32.double() - logits).abs().max().item(),
            # logits of the last position of each row, and of the last pad of the second
            'last_logits': logits[:, -1].tolist(),
            'last_pad_logits': logits[1, 2].tolist(),
        }
    (HERE / 'expected.json').write_text(json.dumps(expected, indent=1) + '\n')
    files = ['expected.json', 'model/config.json', 'model/model.safetensors']
    manifest = {
        'producer': 'transformers.GPT2LMHeadModel, saved with save_pretrained, evaluated in float64',
        'command': 'python golden/gpt2/make.py',
        'seed': SEED,
        'versions': {'transformers': transformers.__version__, 'torch': torch.__version__.split('+')[0]},
        'sha256': {name: hashlib.sha256((HERE / name).read_bytes()).hexdigest() for name in files},
    }
    (HERE / 'manifest.json').write_text(json.dumps(manifest, indent=2) + '\n')


if len(sys.argv) == 3 and sys.argv[1] == '--read':
    loss, _ = run(sys.argv[2], 'sdpa', torch.float64)
    print(json.dumps({'loss': loss.item()}))
else:
    make()
