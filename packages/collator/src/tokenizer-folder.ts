/** The tokenizer in the files of a Hugging Face directory, wherever that lies. */
import { readObject, type TokenizerFolder } from './folder.ts';
import { endOfText, tokenizerJsonFromGpt2Files } from './gpt2-files.ts';
import { huggingFaceTokenizer } from './hf-tokenizer.ts';
import type { JsonObject } from './json-error.ts';
import type { Tokenizer } from './tokenizer.ts';

/**
 * The folder holds tokenizer.json, or vocab.json and merges.txt. Special tokens come from tokenizer_config.json and
 * special_tokens_map.json beside them; GPT-2's two files alone give `<|endoftext|>` as bos and eos, and no pad token.
 *
 * @throws UserError `tokenizer/missing`, `tokenizer/json`, `tokenizer/invalid`, `tokenizer/special-token`
 */
export async function tokenizerOf(folder: TokenizerFolder): Promise<Tokenizer> {
  const config: JsonObject = {
    ...(await readObject(folder, 'special_tokens_map.json')),
    ...(await readObject(folder, 'tokenizer_config.json')),
  };
  const { name } = folder;
  const tokenizerJson = await readObject(folder, 'tokenizer.json');
  if (tokenizerJson !== undefined) {
    const { model_type: type } = (await readObject(folder, 'config.json')) ?? {};
    return huggingFaceTokenizer({
      name,
      tokenizerJson,
      config,
      ...(typeof type === 'string' && { modelType: type }),
    });
  }
  const built = await tokenizerJsonFromGpt2Files(folder, config);
  const hasEnd = Object.hasOwn((built.model as { vocab: object }).vocab, endOfText);
  const defaults = hasEnd ? { bos_token: endOfText, eos_token: endOfText } : {};
  // They are in the post-processor that was built.
  const { add_bos_token: _, add_eos_token: addsEnd, ...settings }: JsonObject = { ...defaults, ...config };
  const notes =
    addsEnd === true ? ['add_eos_token is obeyed as in transformers 5; 4.57 leaves it aside here'] : [];
  return huggingFaceTokenizer({ name, tokenizerJson: built, config: settings, notes });
}
