/** An attention of one's own under the suite: here the plain float32 loops, standing for any library on plain arrays. */
import { referenceAttention } from '@nanscope/attention';
import { type AttentionImplementation, metamorphicCases, oracleCases, runSuite } from '@nanscope/conform';

const mine: AttentionImplementation = {
  id: 'plain-loops',
  refuses: ({ policy }) => (policy.computeDtype === 'f16' ? 'it has no float16' : undefined),
  run: async (problem) => {
    const { out, dq, dk, dv, dsinks, ...stages } = referenceAttention(problem, 'float32');
    return { out, dq, dk, dv, dsinks, stages };
  },
};

const counts = { pass: 0, fail: 0, refused: 0 };
for await (const { id, status, reason } of runSuite([...metamorphicCases, ...oracleCases], mine)) {
  counts[status]++;
  if (status === 'fail') console.log(`${id}: ${reason}`);
}
console.log(`${counts.pass} passed, ${counts.fail} failed, ${counts.refused} refused`);
