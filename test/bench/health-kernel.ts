/**
 * What measuring health costs: nanoseconds an element for each backend, and a traced forward pass of the GPT-2
 * 124M shape against the same pass untraced. Run it alone on the machine:
 *
 *   pnpm exec tsx --conditions=@nanscope/source test/bench/health-kernel.ts [backend] [--forward]
 */
import { policies } from '@nanscope/attention';
import { type Backend, backends, type Session } from '@nanscope/backend';
import { chooseCounter, openTrace, type TraceLevel } from '@nanscope/cascade';
import { loadCausalLM, uploadBatch } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';

const shapes = [
  [512, 768],
  [4, 12, 128, 128],
  [512, 3072],
  [512, 50257],
] as const;

const [only, ...flags] = process.argv.slice(2).filter((word) => word !== '--');
const named = only?.startsWith('--') ? undefined : only;
const withForward = [only, ...flags].includes('--forward');

/** Seconds of the fastest of `rounds` runs. */
async function fastest(rounds: number, run: () => Promise<unknown>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await run();
    best = Math.min(best, (performance.now() - start) / 1000);
  }
  return best;
}

async function perElement(session: Session, level: 'health' | 'full', fill: number): Promise<string[]> {
  const counter = chooseCounter(session.id, tf.findBackend(session.tfjsName), level === 'full', session);
  const cells: string[] = [];
  for (const shape of shapes) {
    const tensor = tf.tidy(() => tf.add(tf.zeros([...shape]), tf.scalar(fill)));
    await tensor
      .slice(
        tensor.shape.map(() => 0),
        tensor.shape.map(() => 1),
      )
      .data();
    const repeats = tensor.size > 1e7 ? 3 : 20;
    const seconds = await fastest(4, async () => {
      for (let i = 0; i < repeats; i++) counter.measure(tensor);
      await counter.flush();
    });
    cells.push(((seconds * 1e9) / repeats / tensor.size).toFixed(3));
    tensor.dispose();
  }
  counter.dispose();
  return cells;
}

/** Seconds of one forward pass up to the logits, batch 4 x 128. */
async function forward(session: Session): Promise<void> {
  const model = await loadCausalLM({ preset: 'gpt2', seed: 1 });
  const shape = [4, 128] as const;
  const inputIds = Int32Array.from({ length: 512 }, (_, i) => (i * 7919) % 50257);
  const batch = uploadBatch(model.config, {
    shape,
    inputIds,
    attentionMask: new Int32Array(512).fill(1),
    positionIds: inputIds.map((_, i) => i % 128),
  });
  for (const implementation of ['eager', 'sdpa'] as const) {
    const pass = () =>
      tf.tidy(() => {
        const hidden = model.hidden(batch, { implementation, policy: policies.safe });
        return tf.max(model.logits(hidden.reshape([512, model.config.width])), -1);
      });
    // Levels take turns, so that a slow minute of the machine falls on all of them alike.
    const best = new Map<TraceLevel, { seconds: number; cpu: number; note: string }>();
    for (let round = 0; round < 6; round++) {
      for (const level of ['off', 'health', 'full'] as const) {
        const trace = openTrace(session, level);
        const cpuBefore = process.cpuUsage();
        const start = performance.now();
        const result = trace.run('forward', pass);
        await result.data();
        const { records, bytesRead } = await trace.collect();
        const seconds = (performance.now() - start) / 1000;
        const { user, system } = process.cpuUsage(cpuBefore);
        result.dispose();
        trace.close();
        const before = best.get(level);
        const note = `${records.length} ops, ${bytesRead} bytes read`;
        const cpu = (user + system) / 1e6;
        if (!before || seconds < before.seconds) best.set(level, { seconds, cpu, note });
      }
    }
    const off = best.get('off')!;
    for (const [level, { seconds, cpu, note }] of best) {
      const ratio = `${(seconds / off.seconds).toFixed(2)}x of off (CPU time ${(cpu / off.cpu).toFixed(2)}x)`;
      console.log(
        `  ${implementation.padEnd(5)} ${level.padEnd(6)} ${seconds.toFixed(3)} s  ${ratio}  ${note}`,
      );
    }
  }
}

async function bench(backend: Backend): Promise<void> {
  const probe = await backend.probe();
  if (!probe.available) return console.log(`${backend.id}: not run (${probe.reason})`);
  const session = await backend.open();
  console.log(`${backend.id}, ns an element of ${shapes.map((shape) => shape.join('x')).join(', ')}`);
  for (const level of ['health', 'full'] as const) {
    console.log(`  ${level.padEnd(6)} all finite  ${(await perElement(session, level, 1)).join('  ')}`);
    console.log(
      `  ${level.padEnd(6)} all NaN     ${(await perElement(session, level, Number.NaN)).join('  ')}`,
    );
  }
  if (withForward) await forward(session);
  await session.dispose();
}

tf.env().set('PROD', true);
for (const backend of backends()) if (named === undefined || backend.id === named) await bench(backend);
// Dawn may hold the process open.
process.exit(0);
