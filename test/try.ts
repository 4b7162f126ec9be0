import { backends } from '@nanscope/backend';
import { attentionCases } from './conformance/attention-cases.ts';
import { checkAttentionCase } from './conformance/attention-suite.ts';
const session = await backends().find((b) => b.id === 'webgpu')!.open();
const filter = process.argv[2] ?? '';
let failed = 0, n = 0;
const start = Date.now();
for (const c of attentionCases) {
  if (!c.id.includes(filter)) continue;
  n++;
  const f = await checkAttentionCase(c, 'sdpa');
  if (f.length) { failed++; if (failed < 25) console.log(f.join('\n')); }
}
console.log({ n, failed, ms: Date.now() - start, errors: (session.errors ?? []).slice(0, 2).map((e) => e.slice(0, 3000)) });
process.exit(0);
