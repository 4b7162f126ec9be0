/**
 * SentencePiece's compiled table of replacements (`precompiled_charsmap`): a double array that finds the shortest key a
 * text begins with, and the texts that stand in for the keys. Applied to graphemes, then to the characters of those
 * that are in no key, as tokenizers does.
 */
import type { Part } from './part.ts';

/** Units of a Darts double array. */
const hasLeaf = (unit: number) => ((unit >>> 8) & 1) === 1;
const startIn = (unit: number) => unit & 0x7fff_ffff;
const labelOf = (unit: number) => (unit & 0x8000_00ff) >>> 0;
const offsetOf = (unit: number) => (unit >>> 10) << ((unit & 0x200) >>> 6);

/** A grapheme of more bytes is looked up by its characters alone. */
const LONGEST = 5;

const utf8 = { encode: new TextEncoder(), decode: new TextDecoder('utf-8', { ignoreBOM: true }) };

export function precompiled(part: Part): (text: string) => string {
  const coded = part.string('precompiled_charsmap');
  const bytes = Uint8Array.from(atob(coded), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const size = bytes.length < 4 ? Number.NaN : view.getUint32(0, true);
  if (!(size % 4 === 0 && size > 0 && 4 + size <= bytes.length))
    throw part.unusable('holds a table that is cut off');
  const units = Uint32Array.from({ length: size / 4 }, (_, at) => view.getUint32(4 + 4 * at, true));
  const replacements = bytes.subarray(4 + size);

  /** The value of the shortest key that `key` begins with. */
  function lookUp(key: Uint8Array): number | undefined {
    let at = offsetOf(units[0]!);
    for (const byte of key) {
      if (byte === 0) return undefined;
      at ^= byte;
      const unit = units[at];
      if (unit === undefined || labelOf(unit) !== byte) return undefined;
      at ^= offsetOf(unit);
      if (hasLeaf(unit)) return startIn(units[at]!);
    }
    return undefined;
  }

  function replaced(text: string): string | undefined {
    const start = lookUp(utf8.encode.encode(text));
    if (start === undefined) return undefined;
    const end = replacements.indexOf(0, start);
    return utf8.decode.decode(replacements.subarray(start, end < 0 ? undefined : end));
  }

  const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return (text) => {
    let result = '';
    for (const { segment } of graphemes.segment(text)) {
      const whole = utf8.encode.encode(segment).length <= LONGEST ? replaced(segment) : undefined;
      result += whole ?? Array.from(segment, (character) => replaced(character) ?? character).join('');
    }
    return result;
  };
}
