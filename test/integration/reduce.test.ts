/**
 * `nanscope reduce` as a process: a run whose policy makes a NaN, down to two tokens, one layer and one head; the folder
 * reproduces it by itself, and the neighbour beside it does not.
 */
import { execFile, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { installedPackage } from '@nanscope/backend';
import { parseResult, type ReducedRecord, reducedSchema } from '@nanscope/record';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smallConfigs } from '../../packages/model/src/testing/small-configs.ts';
import { commandsOf } from '../docs/commands.ts';
import { expectPart } from '../docs/pages.ts';
import { familyFolder } from '../fixtures/family-folder.ts';
import { run, start, until, workspace } from './cli.ts';

const { at, text } = workspace();

/** The two commands of the page, which is about this run; in a folder of the test's own. */
const page = 'docs/reduce.md';
const [evalWords, reduceWords] = commandsOf(page).map(({ words }) => words) as [string[], string[]];
const cwd = at('');

/** A report without what differs from run to run. */
const timeless = (printed: string) => printed.replace(/\bin \d+\.\d s;/, 'in 1.5 s;').trimEnd();

/** The folder somewhere else, as a stranger has it after `npm install`. */
async function elsewhere(folder: string): Promise<string> {
  const place = mkdtempSync(join(tmpdir(), 'nanscope-reduced-'));
  afterAll(() => rmSync(place, { recursive: true, force: true }));
  cpSync(folder, place, { recursive: true });
  const { dependencies } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8'));
  for (const [name, version] of Object.entries(dependencies)) {
    const installed = (await installedPackage(name))!;
    expect(version).toBe(installed.version);
    mkdirSync(dirname(join(place, 'node_modules', name)), { recursive: true });
    symlinkSync(installed.folder, join(place, 'node_modules', name), 'junction');
  }
  return place;
}

interface Executed {
  readonly code: unknown;
  readonly stdout: string;
}

function execute(command: string, folder: string, ...args: string[]): Promise<Executed> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd: folder }, (error, stdout) =>
      resolve({ code: error === null ? 0 : (error as { code?: unknown }).code, stdout }),
    );
  });
}

const node = (folder: string, ...args: string[]) => execute(process.execPath, folder, ...args);

/** A Python that has PyTorch. */
const python = [process.env.NANSCOPE_TORCH_PYTHON, process.env.NANSCOPE_PYTHON].find(
  (path) =>
    path !== undefined &&
    spawnSync(path, ['-c', 'import importlib.util as u, sys; sys.exit(not u.find_spec("torch"))']).status ===
      0,
);

describe('a policy that makes a NaN', () => {
  const folder = at('runs/nan/reduced');
  let record: ReducedRecord;
  beforeAll(async () => {
    const evaluated = await run([...evalWords, '--json'], { cwd });
    const { target } = parseResult(evaluated.stdout, 'stdout');
    expect(target?.cascade?.origin?.mechanism.name).toBe('fully masked row');
    const { code, stdout, stderr } = await run([...reduceWords, '--json'], { cwd });
    expect(code, stderr).toBe(0);
    record = reducedSchema.parse(JSON.parse(stdout));
  });

  it('is reduced to one row of a pad and a token, one layer, one head, one number wide', () => {
    expect(record.held).toEqual({
      kind: 'origin',
      op: 'forward/transformer.h.*/attn/context/probs/Sub#0:0',
      mechanism: 'fully masked row',
    });
    expect(record.from).toMatchObject({ rows: 8, layers: 2, heads: 4, width: 64, vocabulary: 258 });
    expect(record.smallest.size).toMatchObject({ rows: 1, length: 2, layers: 1, heads: 1, width: 1 });
    expect(record.smallest.inputs.attentionMask).toEqual([[0, 1]]);
    expect(record.smallest).toMatchObject({ loss: 'NaN', weights: [] });
    expect(record.smallest.origin?.mechanism).toMatchObject({ name: 'fully masked row' });
    expect(record.search.minimal).toBe(true);
    expect(record.search.seconds).toBeLessThan(60);
  });

  it('has the same without padding beside it, which passes', () => {
    expect(record.passing).toMatchObject({
      difference: 'attention_mask[0][0] is 1 instead of 0',
      size: record.smallest.size,
      inputs: { ...record.smallest.inputs, attentionMask: [[1, 1]] },
    });
    expect(record.passing?.loss).toBeTypeOf('number');
    expect(record.passing?.ops.filter(({ nan, posInf }) => nan + posInf > 0)).toEqual([]);
    expect(record.passing?.origin).toBeUndefined();
  });

  it('is the arithmetic of a mask, and names whose: no bug of the device', () => {
    expect(record.cause).toEqual({
      kind: 'mask',
      owner: 'PyTorch before 2.9 on mps',
      changed: expect.stringContaining('pytorch#157727'),
    });
    expect(record.verdict.next).toContain('Not a device bug');
  });

  it('has one script that shows it alone: exit 1, and exit 0 for the neighbour', async () => {
    const place = await elsewhere(folder);
    const script = readFileSync(join(place, 'reproduce.mjs'), 'utf8');
    expect(script).not.toMatch(/@nanscope|from '\.|from '\//);
    for (const name of ['model', 'passing', 'inputs.safetensors', 'package.json'])
      rmSync(join(place, name), { recursive: true });
    expect(Math.max(...script.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(100);
    const [failing, passing] = [
      await node(place, 'reproduce.mjs'),
      await node(place, 'reproduce.mjs', 'passing'),
    ];
    expect(failing).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(
        /\nexpected no NaN\ngot {6}NaN NaN -Infinity 0\nFAIL: 2 NaN in masked - maximum\n$/,
      ),
    });
    expect(passing).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\nPASS: no NaN in masked - maximum\n$/),
    });
    expect(record.script).toEqual({ backend: 'wasm', failing: 1, passing: 0 });
    expectPart(page, 'reduce-script', `\`\`\`js\n${script.trimEnd()}\n\`\`\``);
    expectPart(page, 'reduce-script-output', `\`\`\`text\n${failing.stdout.trimEnd()}\n\`\`\``);
  });

  it.skipIf(python === undefined)(
    'has a script of plain PyTorch that shows it (skipped where NANSCOPE_TORCH_PYTHON names no Python with PyTorch)',
    async () => {
      const script = readFileSync(join(folder, 'reproduce.py'), 'utf8');
      const [failing, passing] = [
        await execute(python!, folder, 'reproduce.py'),
        await execute(python!, folder, 'reproduce.py', 'passing'),
      ];
      expect(failing.stdout).toMatch(/\nFAIL: 2 NaN in the softmax\n$/);
      expect(failing.code).toBe(1);
      expect(passing).toEqual({ code: 0, stdout: expect.stringMatching(/\nPASS: no NaN in the softmax\n$/) });
      expectPart(page, 'reduce-pytorch', `\`\`\`python\n${script.trimEnd()}\n\`\`\``);
    },
  );

  it('is a folder whose command shows it with nanscope: same op, same mechanism', async () => {
    const place = await elsewhere(folder);
    const command = readFileSync(join(place, 'command.txt'), 'utf8').trim();
    expect(command).toBe(record.reproduce);
    const { code, stdout } = await run([...command.split(' ').slice(1), '--json'], { cwd: place });
    const { target } = parseResult(stdout, 'stdout');
    expect(code).toBe(0);
    expect(target?.cascade?.origin).toMatchObject({
      key: record.held.op.replace('*', '0'),
      mechanism: { name: 'fully masked row' },
    });
    expect(target?.model).toMatchObject({ layers: 1, heads: 1, width: 1 });
  });

  it('leaves the record and a bug report, and is reported again', async () => {
    expect(reducedSchema.parse(JSON.parse(readFileSync(join(folder, 'reduced.json'), 'utf8')))).toEqual(
      record,
    );
    const report = readFileSync(join(folder, 'report.md'), 'utf8');
    const scripts = ['reproduce.mjs', 'reproduce.py'].map((name) =>
      readFileSync(join(folder, name), 'utf8').trimEnd(),
    );
    for (const part of ['`[[0,1]]`', '`[[1,1]]`', 'node reproduce.mjs', record.reproduce, ...scripts])
      expect(report).toContain(part);
    expect(report.split('\n')[0]).toBe(
      '# A query whose keys are all masked gives NaN in PyTorch before 2.9 on mps',
    );
    const asked = ['--reporter', 'terminal', '--reporter', `html=${at('r.html')}`];
    const again = await run(['report', 'runs/nan/reduced', ...asked], { cwd });
    expect(again.code).toBe(0);
    expectPart(page, 'reduce-output', `\`\`\`text\n${timeless(again.stdout.replace(' --json', ''))}\n\`\`\``);
    expect(readFileSync(at('r.html'), 'utf8')).toContain('The neighbour that passes');
  });

  it.skipIf(process.platform === 'win32')(
    'interrupted: exit 130, nothing written (skipped on Windows, which has no signals)',
    async () => {
      const { child, ended } = start([...reduceWords, '--out', 'interrupted'], { cwd });
      let seen = '';
      child.stderr!.on('data', (said: string) => {
        seen += said;
      });
      await until(() => seen.includes('opening'), 'the device to be opened');
      child.kill('SIGINT');
      expect(await ended).toMatchObject({ code: 130, stdout: '' });
      expect(readdirSync(at('')).filter((name) => name.startsWith('interrupted'))).toEqual([]);
    },
  );
});

describe('a policy that makes a NaN in a decoder', () => {
  it.each([
    ['llama', smallConfigs.llama!],
    ['qwen2', smallConfigs.qwen2!],
    ['gemma2', smallConfigs.gemma2!],
    ['stablelm, a norm for each head', { ...smallConfigs.stablelm!, qk_layernorm: true }],
  ])(
    '%s: one layer, one head, and a script of mask and softmax alone that shows it',
    async (name, config) => {
      const [model, out] = [at(`models/${name}`), at(`runs/${name}`)];
      await familyFolder(model, config);
      const alone = ['--device', 'wasm', '--reference', 'none', '--tokenizer', 'bytes'];
      await run(['eval', '--model', model, ...alone, '--policy', 'torch-2.4', '--data', text, '--out', out]);
      const { code, stdout, stderr } = await run(['reduce', out, '--json']);
      expect(code, stderr).toBe(0);
      const record = reducedSchema.parse(JSON.parse(stdout));
      expect(record.smallest.size).toMatchObject({ rows: 1, length: 2, layers: 1, heads: 1, inner: 1 });
      expect(record.smallest.size.vocabulary).toBeLessThan(3);
      expect(record.script).toEqual({ backend: 'wasm', failing: 1, passing: 0 });
      const place = await elsewhere(join(out, 'reduced'));
      const script = readFileSync(join(place, 'reproduce.mjs'), 'utf8');
      expect(script.split('\n').length).toBeLessThan(40);
      expect(await node(place, 'reproduce.mjs')).toMatchObject({
        code: 1,
        stdout: expect.stringMatching(/\nFAIL: 2 NaN in masked - maximum\n$/),
      });
      expect((await node(place, 'reproduce.mjs', 'passing')).code).toBe(0);
    },
  );
});
