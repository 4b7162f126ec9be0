/** The config.json of a decoder as transformers reads it: what was read, with the weights in float32. */
import type { JsonObject } from '../causal-lm.ts';

/** Python tells 0 from 0.0, and transformers 5 checks its settings' types: these are written with a point. */
const floatKeys =
  /^(.*_(dropout|pdrop|eps|epsilon|theta|factor|range|std|multiplier|scaling|softcapping|base|pct|clamp)|dropout|layerdrop|factor|beta_fast|beta_slow|mscale.*)$/;

/** The file's text, keys in alphabetical order as transformers writes them. */
export function configJson(json: JsonObject, modelClass: string): string {
  const { torch_dtype: _, transformers_version: __, ...own } = json;
  const whole = { ...own, architectures: [modelClass], dtype: 'float32' };
  const sorted = Object.fromEntries(Object.entries(whole).sort(([a], [b]) => (a < b ? -1 : 1)));
  const text = JSON.stringify(sorted, null, 2).replace(
    /^(\s*"([^"]+)": -?\d+)(,?)$/gm,
    (line, start: string, key: string, comma: string) => (floatKeys.test(key) ? `${start}.0${comma}` : line),
  );
  return `${text}\n`;
}
