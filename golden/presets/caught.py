"""The attention function of GPT-2 in transformers as the model calls it: what several makers ask it with."""
import torch
from transformers import GPT2Config, GPT2LMHeadModel
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.models.gpt2 import modeling_gpt2


def caught(implementation, mask, dtype=torch.float32, head_size=4):
    """
    The attention function of a one-layer GPT-2 of 2 heads in a dtype, as a function of q, k and v: mask, scale and the
    rest are the arguments with which the model calls it.
    """
    config = GPT2Config(n_embd=2 * head_size, n_head=2, n_layer=1, vocab_size=4, n_positions=8, attn_pdrop=0.0)
    model = GPT2LMHeadModel._from_config(config, attn_implementation=implementation).to(dtype).eval()
    real = modeling_gpt2.eager_attention_forward if implementation == "eager" else ALL_ATTENTION_FUNCTIONS["sdpa"]
    calls = []

    def catch(module, query, key, value, *rest, **named):
        calls.append((module, rest, named))
        return real(module, query, key, value, *rest, **named)

    if implementation == "eager":
        modeling_gpt2.eager_attention_forward = catch
    else:
        ALL_ATTENTION_FUNCTIONS["sdpa"] = catch
    # No position ids: without a mask they would be searched for packed sequences.
    model(input_ids=torch.zeros(mask.shape[0] if mask is not None else 2, 6, dtype=torch.long), attention_mask=mask)
    if implementation == "eager":
        modeling_gpt2.eager_attention_forward = real
    else:
        ALL_ATTENTION_FUNCTIONS["sdpa"] = real
    (module, rest, named), = calls
    return lambda q, k, v: real(module, q, k, v, *rest, **named)[0].transpose(1, 2)
