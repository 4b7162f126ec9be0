"""What `generate` of transformers gives for a small GPT-2, its settings and its last positions.

    python golden/generation/make.py      writes model/, expected.json, manifest.json

The weights are random and large, so that greedy tokens differ and no two logits are nearly equal; every case is greedy,
or draws where only one token is left to draw, so that a recording stands for every seed. Float64, on a CPU.
"""
import hashlib, json, pathlib, shutil, tempfile
import torch, transformers
from transformers import GPT2Config, GPT2LMHeadModel

HERE = pathlib.Path(__file__).parent
SEED = 7
CONFIG = dict(vocab_size=40, n_positions=16, n_embd=16, n_layer=2, n_head=2, tie_word_embeddings=False, bos_token_id=0, eos_token_id=0,
              resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0)
PROMPT = [3, 7, 30, 1]
LONG = [(5 * i + 3) % 40 for i in range(16)]


def model_of(config, generation):
    """As from_pretrained reads a folder with this config.json, and this generation_config.json or none."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(HERE / 'model', folder, dirs_exist_ok=True)
        path = pathlib.Path(folder) / 'config.json'
        path.write_text(json.dumps({**json.loads(path.read_text()), **config}))
        if generation is not None:
            (pathlib.Path(folder) / 'generation_config.json').write_text(json.dumps(generation))
        return GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float64).eval()


def generated(name, prompts, config=None, generation=None, **given):
    model = model_of(config or {}, generation)
    width = max(len(prompt) for prompt in prompts)
    ids = torch.tensor([[0] * (width - len(prompt)) + prompt for prompt in prompts])
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    case = {'name': name, 'prompts': prompts, 'config': config or {}, 'generation': generation, 'given': given}
    try:
        with torch.no_grad():
            out = model.generate(input_ids=ids, attention_mask=mask, pad_token_id=39, **given)
        case['tokens'] = [row[width:].tolist() for row in out]
    except Exception as error:
        case['refused'] = f'{type(error).__name__}: {str(error).splitlines()[0]}'
    return case


def make():
    torch.manual_seed(SEED)
    model = GPT2LMHeadModel(GPT2Config(**CONFIG))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.5)
    model.save_pretrained(HERE / 'model')
    (HERE / 'model' / 'generation_config.json').unlink()
    (HERE / 'model' / 'model.safetensors').chmod(0o644)
    free = generated('no end token', [PROMPT], config={'eos_token_id': None}, do_sample=False, max_new_tokens=10)
    ends = list(dict.fromkeys(free['tokens'][0]))
    end, other = ends[2], ends[4]
    cases = [
        free,
        generated('one end token', [PROMPT], config={'eos_token_id': end}, do_sample=False, max_new_tokens=10),
        generated('a list of end tokens', [PROMPT], config={'eos_token_id': [other, end]}, do_sample=False, max_new_tokens=10),
        generated('generation_config.json before config.json', [PROMPT], config={'eos_token_id': end},
                  generation={'eos_token_id': [other]}, do_sample=False, max_new_tokens=10),
        generated('generation_config.json without an end token', [PROMPT], config={'eos_token_id': end}, generation={'bos_token_id': 0},
                  do_sample=False, max_new_tokens=10),
        generated('max_new_tokens', [PROMPT], config={'eos_token_id': None}, generation={'max_new_tokens': 3, 'do_sample': False}),
        generated('max_length counts the prompt', [PROMPT], config={'eos_token_id': None}, generation={'max_length': 9, 'do_sample': False}),
        generated('max_new_tokens before max_length', [PROMPT], config={'eos_token_id': None},
                  generation={'max_length': 9, 'max_new_tokens': 2, 'do_sample': False}),
        generated('max_length that the prompt fills', [PROMPT], config={'eos_token_id': None}, generation={'max_length': 4, 'do_sample': False}),
        generated('do_sample with top_k 1', [PROMPT], config={'eos_token_id': None},
                  generation={'do_sample': True, 'top_k': 1, 'temperature': 5.0, 'max_new_tokens': 6}),
        generated('do_sample with top_p near 0', [PROMPT], config={'eos_token_id': None},
                  generation={'do_sample': True, 'top_k': 0, 'top_p': 1e-9, 'max_new_tokens': 6}),
        generated('do_sample with top_p 0', [PROMPT], config={'eos_token_id': None},
                  generation={'do_sample': True, 'top_k': 0, 'top_p': 0.0, 'max_new_tokens': 6}),
        generated('do_sample at a low temperature', [PROMPT], config={'eos_token_id': None},
                  generation={'do_sample': True, 'top_k': 0, 'temperature': 1e-6, 'max_new_tokens': 6}),
        generated('no do_sample at all, temperature ignored', [PROMPT], config={'eos_token_id': None},
                  generation={'temperature': 0.7, 'max_new_tokens': 6}),
        generated('repetition_penalty', [PROMPT], config={'eos_token_id': None},
                  generation={'repetition_penalty': 3.0, 'do_sample': False, 'max_new_tokens': 10}),
        generated('one position left', [LONG[:15]], config={'eos_token_id': None}, do_sample=False, max_new_tokens=2),
        generated('no position left', [LONG], config={'eos_token_id': None}, do_sample=False, max_new_tokens=1),
        generated('beyond the positions', [LONG], config={'eos_token_id': None}, do_sample=False, max_new_tokens=2),
        generated('a short row beside one without a position left', [LONG, [9, 2]], config={'eos_token_id': None},
                  do_sample=False, max_new_tokens=1),
        generated('a short row padded beyond the positions of the model', [[9, 2]], config={'eos_token_id': None},
                  do_sample=False, max_new_tokens=15),
    ]
    (HERE / 'expected.json').write_text(json.dumps({'cases': cases}, indent=1) + '\n')
    files = ['expected.json', 'model/config.json', 'model/model.safetensors']
    manifest = {
        'producer': 'transformers.GPT2LMHeadModel.generate, read with from_pretrained, in float64',
        'command': 'python golden/generation/make.py',
        'seed': SEED,
        'versions': {'transformers': transformers.__version__, 'torch': torch.__version__.split('+')[0]},
        'sha256': {name: hashlib.sha256((HERE / name).read_bytes()).hexdigest() for name in files},
    }
    (HERE / 'manifest.json').write_text(json.dumps(manifest, indent=2) + '\n')


make()
