import { expect, it } from 'vitest';
import { presetConfig } from '../presets.ts';
import { checkMemory, memoryOf, memoryWords } from './memory.ts';

it.each([
  ['gpt2', '124.4 M parameters, 498 MB as float32, 652 MB while loading'],
  ['smollm2-135m', '134.5 M parameters, 538 MB as float32, 651 MB while loading'],
  ['qwen3-0.6b', '596.0 M parameters, 2.38 GB as float32, 3.01 GB while loading'],
  ['llama-3.2-1b', '1235.8 M parameters, 4.94 GB as float32, 5.99 GB while loading'],
  ['gemma3-270m', '268.1 M parameters, 1.07 GB as float32, 1.74 GB while loading'],
  ['pythia-160m', '162.3 M parameters, 649 MB as float32, 804 MB while loading'],
])('%s needs what its published shape says: %s', (preset, words) => {
  expect(memoryWords(memoryOf(presetConfig(preset)))).toBe(words);
});

it('a model that does not fit is refused with what it needs and what there is', () => {
  const config = presetConfig('smollm2-135m');
  const { loading } = memoryOf(config);
  expect(() => checkMemory('--model x', config, loading)).not.toThrow();
  expect(() => checkMemory('--model x', config, loading - 1)).toThrow(
    '--model x: expected a model that fits into the 651 MB of memory of this machine, found 134.5 M parameters, 538 MB as float32, 651 MB while loading.',
  );
});
