import { laneJsonSchema, renderJson, resultJsonSchema } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { agree, targetLane } from './fixtures.ts';

describe('renderJson', () => {
  it('writes numbers that are not finite as strings, never as null', () => {
    const metrics = { ...targetLane().metrics!, loss: Number.NaN, perplexity: Number.NEGATIVE_INFINITY };
    const text = renderJson({ ...agree, target: targetLane({ metrics }) });
    expect(JSON.parse(text).target.metrics).toMatchObject({ loss: 'NaN', perplexity: '-Infinity' });
    expect(text).not.toContain('null');
  });

  it('holds no character that a terminal obeys, and reads back exactly', () => {
    const command = 'a\u001b[2J\u009b1m\u202e\u2028\u007f\ufeffz';
    const text = renderJson({ ...agree, command });
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(JSON.parse(text).command).toBe(command);
  });
});

describe('JSON Schema', () => {
  it.each([
    ['result', resultJsonSchema()],
    ['lane', laneJsonSchema()],
  ])('%s: every reference resolves and the version is fixed', (_, schema) => {
    const text = JSON.stringify(schema);
    const names = Object.keys(schema.$defs as object);
    for (const [, name] of text.matchAll(/"\$ref":"#\/\$defs\/([^"]+)"/g)) expect(names).toContain(name);
    expect(text).toContain('"schemaVersion":{"type":"number","const":1}');
    expect(text).toContain('"enum":["NaN","Infinity","-Infinity"]');
    expect(text).not.toContain('"additionalProperties":false');
  });
});
