/** The other half of `make.py --differences`: texts by tokenizer on standard input, ids by tokenizer on standard output. */
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { loadTokenizer } from '../../packages/collator/src/index.ts';
import { errorLine } from '../../packages/errors/src/index.ts';

const folder = process.argv[2]!;
const asked = JSON.parse(await text(process.stdin)) as Record<string, string[]>;
const answers: Record<string, unknown> = {};
for (const [name, texts] of Object.entries(asked)) {
  try {
    const tokenizer = await loadTokenizer(join(folder, name));
    answers[name] = texts.map((one) => tokenizer.encode(one));
  } catch (error) {
    answers[name] = texts.map(() => errorLine(error));
  }
}
process.stdout.write(JSON.stringify(answers));
