/** Every kind of report at the width of half a screen: nothing is cut, nothing is longer than the line. */
import type { AnyRecord } from '@nanscope/record';
import { expect, it } from 'vitest';
import {
  claims,
  conformed,
  diagnosed,
  generated,
  matrix,
  misled,
  reduced,
  reducedOp,
  trained,
} from '../fixtures.ts';
import { renderForTerminal } from '../reporters/markdown.ts';

const records: Record<string, AnyRecord> = {
  ...{ claims, conform: conformed, doctor: diagnosed, generate: generated, matrix, selftest: misled },
  ...{ reduce: reduced, 'reduce-op': reducedOp, train: trained },
};

it.each(Object.keys(records).flatMap((kind) => [60, 80].map((width) => [kind, width] as const)))(
  '%s at %d columns',
  (kind, width) => {
    const text = renderForTerminal({ record: records[kind]! }, { width, color: false });
    // Only at the beginning of a line: more ops, which are counted.
    expect(text.replace(/^ +… /gm, '')).not.toContain('…');
    for (const line of text.split('\n'))
      if (kind !== 'doctor') expect(line.length, line).toBeLessThanOrEqual(width);
  },
);
