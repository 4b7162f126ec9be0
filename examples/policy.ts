/** A policy of your own: a finite fill that is added, without a row guard. What does it give a query without a key, and is it computed right? */
import { attention, type Policy, policies, referenceAttention } from '@nanscope/attention';
import { builtinBackend } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';

/** As flags: `--policy safe --fill additive:-10000 --row-guard none`. */
const mine: Policy = {
  ...policies.safe,
  name: 'mine',
  fill: { how: 'additive', value: -1e4 },
  rowGuard: 'none',
};

const session = await builtinBackend('wasm').open();
const [B, H, T, D] = [1, 1, 4, 2] as const;
const [q, k, v] = [1, 2, 3].map((seed) => tf.randomNormal<tf.Rank.R4>([B, H, T, D], 0, 1, 'float32', seed));
const padding = [0, 0, 1, 1]; // on the left: queries 0 and 1 have no key
const mask = { padding: tf.tensor2d([padding], [B, T], 'int32'), causal: true };

const first = (numbers: ArrayLike<number>) =>
  [...Array.from(numbers).slice(0, D)].map((x) => x.toFixed(3)).join(' ');
for (const policy of [policies.safe, mine]) {
  const out = attention(q!, k!, v!, { mask, policy, implementation: 'eager' }).dataSync();
  const exact = referenceAttention({
    ...{ B, H, Hkv: H, T, S: T, D, Dv: D, policy, mask: { padding, causal: true } },
    ...{ q: q!.dataSync(), k: k!.dataSync(), v: v!.dataSync() },
  }).out;
  const furthest = Math.max(...out.map((x, i) => Math.abs(x - exact[i]!)));
  const held = furthest <= 1e-6 ? 'as the float64 oracle says' : `${furthest} from the float64 oracle`;
  console.log(`${policy.name}: query 0 gets ${first(out)}, ${held}`);
}
await session.dispose();
