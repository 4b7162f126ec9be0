/**
 * Lanes that diverge, on backends with a bug of a known kind: the batch is evaluated again, the op replayed with the
 * other lane's inputs, and the verdict names what was found.
 */
import { expect, it } from 'vitest';
import { evaluate, fixture, workspace } from './cli.ts';

const { at, text } = workspace();

const broken = (name: string, ...rest: string[]) =>
  evaluate(
    ...['--data', text, '--limit', '3', '--max-length', '24', '--batch-size', '3', '--attn', 'sdpa'],
    ...['--backend', fixture(`fixtures/${name}-backend.ts`), '--device', 'mirror', '--reference', 'wasm'],
    ...['--out', at(name), ...rest],
  );

it('a wrong number that no sample looks at: from where it shows up to the op that makes it', async () => {
  const { code, result } = await broken('hidden-product');
  const { shadow, replays } = result.comparison!;
  expect(replays).toMatchObject({
    times: 2,
    lanes: [
      { role: 'target', changed: 0, labels: 0 },
      { role: 'reference', changed: 0, labels: 0 },
    ],
  });
  expect(shadow).toMatchObject({ batch: 0, by: 'magnitude', end: 'this op adds the difference' });
  expect(shadow!.steps.length).toBeGreaterThan(1);
  for (const step of shadow!.steps.slice(0, -1)) expect(step.judgement).toBe('inherited');
  expect(shadow!.steps.at(-1)).toMatchObject({
    kernel: 'BatchMatMul',
    judgement: 'own',
    onReferenceInputs: { classes: 0, beyond: 1, worst: { index: 1 } },
    onTargetInputs: { beyond: 1, worst: { index: 1 } },
    inputsAlone: { beyond: 0 },
  });
  expect(result.verdict.code).toBe('kernel-bug-suspected');
  expect(result.verdict.sentence).toMatch(
    /^The loss is .* Kernel bug suspected: BatchMatMul in layer 0.*with the reference's inputs the target still differs/,
  );
  expect(code).toBe(1);
});

it('a lane that does not repeat itself is flaky, and no kernel is blamed', async () => {
  const { code, result } = await broken('flaky');
  const { replays, shadow } = result.comparison!;
  const [target, reference] = replays!.lanes;
  // Its sequence begins anew with each process: the first replay is the run again, the second is not.
  expect(target).toMatchObject({ role: 'target', changed: 1, first: { row: 0 } });
  expect(target!.first!.run).not.toBe(target!.first!.replay);
  expect(reference).toEqual({ role: 'reference', changed: 0, labels: 0 });
  expect(shadow).toBeUndefined();
  expect(result.verdict).toMatchObject({
    code: 'flaky',
    exitCode: 1,
    sentence: expect.stringMatching(
      /^The loss is .*\. Flaky: of the target 1 of 2 replays differ from the run, in/,
    ),
  });
  expect(code).toBe(1);
});
