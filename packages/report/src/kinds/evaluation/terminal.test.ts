import { readFileSync } from 'node:fs';
import { displayWidth, type ResultRecord, resultSchema } from '@nanscope/record';
import {
  bytes,
  count,
  difference,
  duration,
  measured,
  percent,
  rate,
  setting,
  tolerance,
} from '@nanscope/words';
import { describe, expect, it } from 'vitest';
import { generated } from '../../../scripts/generated.ts';
import * as fixtures from '../../fixtures.ts';
import { renderTerminal } from '../../index.ts';

const { agree, bothNaN, noCausal, policyDiffers, targetCrashed, numbersDiffer, kernelBug, noReference } =
  fixtures;
const all = {
  agree,
  bothNaN,
  noCausal,
  policyDiffers,
  targetCrashed,
  numbersDiffer,
  kernelBug,
  noReference,
};
const cases = Object.entries(all);
const plain = (result: ResultRecord, width = 80, unicode = true): string =>
  renderTerminal(result, { width, color: false, unicode });

/** An overflow in the first MLP that a multiplied mask turned into NaN. */
function chained(): ResultRecord {
  const place = { coordinates: [1, 2], coordinateNames: ['row', 'channel'] };
  const origin = {
    ...{ key: 'forward/transformer.h.0/mlp/Exp#0:0', batch: 0, ...place },
    mechanism: { name: 'exp overflow', evidence: 'Exp of 1000 gave 1 +inf' },
    becameNaN: {
      ...{ key: 'forward/transformer.h.1/mlp/Multiply#0:0', ...place },
      mechanism: { name: '0 * inf', evidence: 'inputs hold 1 +inf' },
    },
  };
  const lane = noReference.target!;
  return { ...noReference, target: { ...lane, cascade: { ...lane.cascade!, origin } } };
}

/** A dozen layers and 128 positions, every row poisoned. */
function large(): ResultRecord {
  const layers = ['embeddings', ...Array.from({ length: 12 }, (_, index) => `h.${index}`), 'ln_f'];
  const cells = Array.from({ length: 16 }, (_, row) =>
    layers.map((_, layer) => (layer > 1 ? 'N' : '.').repeat(100 + row)),
  );
  const picture = { layers, cells, padding: cells.map((_, row) => ({ left: row, right: 0 })) };
  const cascade = { ...fixtures.nanCascade, picture };
  return {
    ...bothNaN,
    target: { ...bothNaN.target!, cascade },
    reference: { ...bothNaN.reference!, cascade },
  };
}

describe('renderTerminal', () => {
  it.each(cases)('%s is a valid record', (_, result) => {
    expect(resultSchema.safeParse(result).error).toBeUndefined();
  });

  it.each(cases.flatMap(([name, result]) => [80, 120].map((width) => [name, width, result] as const)))(
    '%s at %i columns',
    async (name, width, result) => {
      await expect(plain(result, width)).toMatchFileSnapshot(`../../__snapshots__/${name}-${width}.txt`);
    },
  );

  it('in ASCII', async () => {
    const text = plain(bothNaN, 80, false);
    expect(text).toMatch(/^[\n -~]*$/);
    await expect(text).toMatchFileSnapshot('../../__snapshots__/bothNaN-ascii.txt');
  });

  it.each([...cases, ['large', large()] as const])('%s is never wider than asked', (_, result) => {
    for (const width of [40, 61, 80, 97, 120]) {
      for (const unicode of [true, false]) {
        for (const line of plain(result, width, unicode).split('\n')) {
          expect(displayWidth(line), line).toBeLessThanOrEqual(width);
        }
      }
    }
  });

  it.each(cases)('%s cuts nothing at 60 and 80 columns', (_, result) => {
    // The mark stands before a blank where ops or layers are folded, behind a text where it is cut.
    expect(plain(result, 80)).not.toMatch(/…(?! )/);
    // A long name of an op is cut at its front: its end says more.
    expect(plain(result, 60).replace(/^ +…/gm, '')).not.toMatch(/…(?! )/);
  });

  it.each(cases)('%s with colours is the same text', (_, result) => {
    const colored = renderTerminal(result, { width: 80, color: true });
    expect(colored).toContain('\u001b[');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what is removed here
    expect(colored.replace(/\u001b\[[\d;]+m/g, '')).toBe(plain(result));
  });

  it('prints NaN as NaN', () => {
    expect(plain(bothNaN)).toMatch(/loss +NaN +NaN +both NaN/);
    expect(plain(kernelBug)).toMatch(/loss +NaN +6\.0556672 +class differs/);
  });

  it('tells the origin in words', () => {
    expect(plain(bothNaN, 120)).toContain(
      '[batch 1, head 0, query 0, key 0], the first padded query of batch row 1',
    );
  });

  it('draws the lanes once when they are equal and both when they are not', () => {
    expect(plain(bothNaN).match(/Layer × position/g)).toHaveLength(1);
    const other = { ...bothNaN.reference!.cascade!, picture: fixtures.cleanPicture };
    const differing = { ...bothNaN, reference: { ...bothNaN.reference!, cascade: other } };
    expect(plain(differing).match(/Layer × position/g)).toHaveLength(2);
  });

  it('folds layers and bounds batch rows of a large picture', () => {
    const text = plain(large());
    expect(text).toContain('h.1 to h.11');
    expect(text).toContain('12 more batch rows with non-finite values');
    expect(text).toContain('each character stands for 4 positions');
  });

  it('tells labels that only one side has, though none differs', () => {
    const labels = { ...agree.comparison!.labels, unpaired: 5 };
    const text = plain({ ...agree, comparison: { ...agree.comparison!, labels } });
    expect(text).toContain('5 rows or labels only on one side');
    expect(text).not.toContain('differs beyond');
  });

  it('counts the labels it has no room for, listed or cut from the record', () => {
    const [first] = numbersDiffer.comparison!.labels.differing;
    const differing = Array.from({ length: 9 }, (_, position) => ({ ...first!, position }));
    const labels = { ...numbersDiffer.comparison!.labels, differing, differingCut: 100 };
    const text = plain({ ...numbersDiffer, comparison: { ...numbersDiffer.comparison!, labels } });
    expect(text).toContain('109 of 1,234 labels differ');
    expect(text).toContain('and 104 more labels');
  });

  it('has one column for both devices where two do not fit and are equal', () => {
    const long = (result: ResultRecord): ResultRecord => ({
      ...result,
      comparison: {
        ...result.comparison!,
        cascade: result.comparison!.cascade.map((row) => ({ ...row, op: `a.long.module.path.${row.op}` })),
      },
    });
    expect(plain(long(bothNaN))).toMatch(/^ +both$/m);
    expect(plain(long(bothNaN))).toMatch(/a\.long\.module\.path\.attn\.probs Softmax +● gen +864 NaN/);
    expect(plain(long(bothNaN), 120)).toMatch(/^ +target +reference$/m);
    // Lanes that differ keep their columns; the ops lose their beginning, which says least.
    expect(plain(long(kernelBug), 60)).toMatch(/…\S*GeluNew +● 3 NaN +· finite/);
  });

  it('groups the spread by positions and does not repeat the evidence', () => {
    const evidence = fixtures.nanCascade.origin!.mechanism.evidence;
    const why = `fully masked row: ${evidence}`;
    const rows = [0, 1, 2, 5, 7];
    const spread = [
      ...rows.map((row) => ({ layer: 'h.0', row, from: 0, to: 3, why })),
      ...rows.map((row) => ({ layer: 'h.1', row, from: row, to: row, why: 'spread' })),
    ];
    const cascade = { ...fixtures.nanCascade, spread };
    const lanes = {
      target: { ...bothNaN.target!, cascade },
      reference: { ...bothNaN.reference!, cascade },
    };
    const text = plain({ ...bothNaN, ...lanes }, 120);
    expect(text).toContain('1. h.0: rows 0 to 2, 5 and 7 positions 0 to 3\n');
    expect(text).toMatch(/^ +fully masked row$/m);
    expect(text).toContain('row 5 position 5 and 1 more row\n');
    expect(text.split(evidence)).toHaveLength(2);
  });

  it('names what the lanes were compared in once', () => {
    expect(plain(bothNaN).match(/926 +926/g)).toHaveLength(2);
    expect(plain(agree)).not.toMatch(/unanswerable|without an answer|infinite losses/);
  });

  it('a record without lanes still renders its verdict', () => {
    const { target: _target, reference: _reference, comparison: _comparison, ...bare } = bothNaN;
    expect(plain(bare)).toContain('no device left a record');
  });
});

/** Every number of a record in every way it may be printed, and the numbers inside its strings. */
function printable(result: ResultRecord): Set<string> {
  const found = new Set<string>();
  const add = (text: string): void =>
    void (text.match(/\d[\d,.]*(e[+-]?\d+)?/g) ?? []).forEach((item) => void found.add(item));
  const formats = [
    String,
    count,
    measured,
    (value: number) => measured(value, 7),
    percent,
    difference,
    tolerance,
    setting,
    duration,
    rate,
    bytes,
  ];
  const walk = (value: unknown): void => {
    if (Array.isArray(value) && value.every((item) => typeof item === 'number')) {
      // The size of a tensor is the product of its shape.
      add(count(value.reduce((product, item) => product * item, 1)));
    }
    if (typeof value === 'number') for (const format of formats) add(format(value));
    else if (typeof value === 'string') add(value);
    else if (value !== null && typeof value === 'object')
      for (const inner of [...Object.values(value), ...Object.keys(value)]) walk(inner);
  };
  walk(result);
  return found;
}

describe('numbers in the report', () => {
  it.each(cases)('%s prints numbers of its record and counts of its lists, no others', (_, result) => {
    const known = printable(result);
    const printed = plain(result, 120)
      .match(/\d[\d,.]*(e[+-]?\d+)?/g)!
      .map((item) => item.replace(/[.,]$/, ''));
    const unknown = new Set(
      printed.filter((item) => !known.has(item) && !known.has(`${item},`) && !known.has(`${item}.`)),
    );
    // What is counted rather than read: list items, folded ops, differing labels.
    const labels = result.comparison?.labels;
    const ops = (result.target ?? result.reference)?.cascade?.ops ?? result.reference?.cascade?.ops ?? 0;
    const rows =
      result.comparison?.cascade.length ||
      (result.target?.cascade ?? result.reference?.cascade)?.events.length;
    const counted = new Set(
      [1, 2, 3, 4, (labels?.differing.length ?? 0) + (labels?.differingCut ?? 0), ops - (rows ?? 0)]
        .concat(Array.from({ length: 14 }, (_, index) => index))
        .map(String),
    );
    expect([...unknown].filter((item) => !counted.has(item))).toEqual([]);
  });
});

describe('strings from data', () => {
  it('cannot reach the terminal as control characters', () => {
    const hostile = '\u001b]0;owned\u0007\u001b[2J\u009b31m\r\n\u202ereversed\u0000\u2028';
    const poison = <T>(value: T, key = ''): T => {
      const coded =
        /^(schemaVersion|kind|role|status|class|level|observer|code|attention|origin|cells)$/.test(key);
      if (typeof value === 'string') return (coded || value === 'NaN' ? value : value + hostile) as T;
      if (Array.isArray(value)) return value.map((item) => poison(item, key)) as T;
      if (value !== null && typeof value === 'object') {
        return Object.fromEntries(
          Object.entries(value).map(([name, inner]) => [
            name,
            typeof inner === 'object' && name === 'origin' ? inner : poison(inner, name),
          ]),
        ) as T;
      }
      return value;
    };
    for (const [, result] of cases) {
      const poisoned = poison(result);
      for (const unicode of [true, false]) {
        const text = plain(poisoned, 80, unicode);
        expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        for (const line of text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(80);
      }
    }
  });
});

describe('generated files', () => {
  const canonical = (file: string, text: string): unknown =>
    file.endsWith('.json') ? JSON.parse(text) : text;
  it.each(generated.map(({ file, content }) => [file.split('/').at(-1)!, file, content] as const))(
    '%s is up to date (pnpm --filter @nanscope/report generate)',
    (_, file, content) => {
      expect(canonical(file, readFileSync(file, 'utf8'))).toEqual(canonical(file, content()));
    },
  );
});

it('an infinity that became NaN is shown with the step at which it did', () => {
  const text = plain(chained(), 100);
  expect(text).toMatch(/born at +h\.0 mlp Exp\n/);
  expect(text).toMatch(/mechanism +exp overflow\n/);
  expect(text).toMatch(
    /became NaN +at h\.1 mlp Multiply \[row 1, channel 2\]\n +0 \* inf: inputs hold 1 \+inf/,
  );
  expect(resultSchema.safeParse(chained()).success).toBe(true);
});
