/**
 * What onnxruntime's attention does otherwise than ONNX states, case by case: the table in docs/conform.md is what the
 * suite finds on its CPU kernels here. UPDATE_DOCS=1 writes it anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import {
  type CaseResult,
  metamorphicCases,
  onnxruntimeImplementation,
  onnxruntimeOperators,
  oracleCases,
  readVectors,
  runSuite,
} from '@nanscope/conform';
import { describe, expect, it } from 'vitest';
import { at } from './pages.ts';

const page = at('docs/conform.md');
const block = /<!-- onnxruntime:begin -->\n[\s\S]*<!-- onnxruntime:end -->/;

const loaded = await Promise.all(
  onnxruntimeOperators.map((operator) => onnxruntimeImplementation(operator, 'cpu')),
).catch((error: Error) => error.message);
const why = typeof loaded === 'string' ? ` (skipped: ${loaded})` : '';

const { cases: vectors } = await readVectors(at('golden/onnx-layout'), () => true);
const cases = [...metamorphicCases, ...oracleCases, ...vectors];

/** In a word or two, without digits that differ between processors. */
function what({ reason = '' }: CaseResult): string {
  if (/threw:/.test(reason))
    return `error: ${reason
      .replace(/^.*?threw: /, '')
      .replace(/^.*Status Message: /, '')
      .slice(0, 70)}`;
  if (/: NaN at|the one with NaN is wrong/.test(reason)) return 'NaN';
  return /of the pads/.test(reason) && !/^out:/.test(reason) ? 'padded queries are not 0' : 'another number';
}

/** Ids that say the same, in one line: `oracle:policy=*;mask=left-padding`. */
function lines(failed: readonly CaseResult[]): string[] {
  const groups = new Map<string, string[]>();
  for (const result of failed) groups.set(what(result), [...(groups.get(what(result)) ?? []), result.id]);
  return [...groups].map(
    ([name, ids]) =>
      `| ${name} | ${ids.length} | ${ids
        .slice(0, 4)
        .map((id) => `\`${id}\``)
        .join(', ')}${ids.length > 4 ? ', ...' : ''} |`,
  );
}

describe.skipIf(why !== '')(`onnxruntime under the suite${why}`, () => {
  it('does what docs/conform.md says, case by case', { timeout: 120_000 }, async () => {
    const parts: string[] = [];
    for (const implementation of loaded as Exclude<typeof loaded, string>) {
      const results: CaseResult[] = [];
      for await (const result of runSuite(cases, implementation)) results.push(result);
      const of = (status: CaseResult['status']) => results.filter((result) => result.status === status);
      expect(of('pass').length, implementation.id).toBeGreaterThan(50);
      parts.push(
        `**\`${implementation.id}\`**, ${implementation.version}: ${of('pass').length} passed, ${of('fail').length} failed, ${of('refused').length} refused.\n\n` +
          `| what it gives | cases | such as |\n|---|---|---|\n${lines(of('fail')).join('\n')}\n`,
      );
    }
    const text = `<!-- onnxruntime:begin -->\n${parts.join('\n')}<!-- onnxruntime:end -->`;
    const before = readFileSync(page, 'utf8');
    if (process.env.UPDATE_DOCS)
      writeFileSync(
        page,
        before.replace(block, () => text),
      );
    else expect(before.match(block)?.[0]).toBe(text);
  });
});
