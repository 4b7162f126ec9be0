import { UserError } from '@nanscope/errors';
import { parseLane, parseResult, renderJson } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { bothNaN, kernelBug, targetLane } from './fixtures.ts';

function refusal(read: () => unknown): UserError {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).not.toMatch(/[\p{Cc}]/u);
    return error as UserError;
  }
  throw new Error('nothing was refused');
}

const text = renderJson(bothNaN);

describe('parseResult', () => {
  it('reads back what renderJson wrote, non-finite numbers included', () => {
    expect(parseResult(text, 'run.json')).toEqual(bothNaN);
    expect(parseResult(`\uFEFF${renderJson(kernelBug)}`, 'run.json')).toEqual(kernelBug);
    expect(text).toContain('"target": "NaN"');
  });

  it.each([
    ['nothing', '  ', 'report/empty', /found nothing/],
    ['a truncated file', text.slice(0, 1000), 'report/not-json', /stops after 1000 characters; copy/],
    ['binary data', '\u0000\u001b[2Jxx', 'report/not-json', /text that is not JSON/],
    ['a list', '[]', 'report/not-a-record', /found a list of 0/],
    ['null', 'null', 'report/not-a-record', /found null/],
    ['another program', '{"a":1}', 'report/no-version', /"schemaVersion": 1/],
    ['a newer version', '{"schemaVersion":2}', 'report/other-version', /found version 2; update nanscope/],
    ['an odd version', '{"schemaVersion":"x"}', 'report/other-version', /found version "x"; run it again/],
    ['a lane', '{"schemaVersion":1,"kind":"lane"}', 'report/other-kind', /"eval" or "compare", found "lane"/],
    ['a typing error', '{"schemaVersion":1,"kind":"evil"}', 'report/other-kind', /did you mean eval\?/],
    [
      'a missing part',
      '{"schemaVersion":1,"kind":"eval","command":"x"}',
      'report/wrong-shape',
      /type object, found nothing at verdict/,
    ],
  ])('refuses %s in one line', (_, input, code, message) => {
    const error = refusal(() => parseResult(input, 'run.json'));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^run\.json: expected/);
  });

  it('names the place of a value of another shape', () => {
    const changed = JSON.parse(text);
    changed.comparison.metrics[0].target = 'nan';
    expect(refusal(() => parseResult(changed, 'f')).message).toMatch(
      /"NaN".*found "nan" at comparison\.metrics\.0\.target/,
    );
    changed.comparison.metrics[0].target = 1;
    changed.verdict.exitCode = 7;
    expect(refusal(() => parseResult(changed, 'f')).message).toMatch(/found 7 at verdict\.exitCode/);
    changed.verdict.exitCode = 0;
    changed.target.cascade.picture.cells[0][0] = 'x\u001b';
    expect(refusal(() => parseResult(changed, 'f')).message).toMatch(/cells\.0\.0/);
  });

  it('does not exhaust the stack on absurd nesting, and sanitises what it quotes', () => {
    const deep = `{"schemaVersion":1,"kind":"eval","config":${'['.repeat(5000)}${']'.repeat(5000)}}`;
    expect(refusal(() => parseResult(deep, 'f')).code).toBe('report/too-deep');
    expect(refusal(() => parseResult('{"schemaVersion":"\\u001b[2J"}', 'a\u001b\nb')).message).toMatch(
      /^a\\e\\nb: /,
    );
  });
});

describe('parseLane', () => {
  it('reads a lane and refuses a result', () => {
    expect(parseLane(JSON.stringify(targetLane()), 'run.json')).toEqual(targetLane());
    expect(refusal(() => parseLane(text, 'run.json')).message).toMatch(
      /"kind" "lane", found "eval"; give the run.json of one lane/,
    );
  });
});
