/**
 * The doctor's findings as one block to paste into an issue: the machine, each backend with its adapter, the
 * table of answers, the self-test, the verdict. Plain text, since what is pasted has no colours.
 */
import {
  backendName,
  type DoctorBackend,
  type DoctorRecord,
  displayWidth,
  type NumericAnswer,
  type NumericQuestion,
  padEnd,
  sanitizeRecord,
  wrap,
} from '@nanscope/record';
import { bytes, count, verdictTitles } from '@nanscope/words';
import { NARROWEST, type RenderOptions } from '../../terminal/style.ts';

// What the devices were asked, and what each answered, as a table: a line a question, a column a device.

interface AnswerColumn {
  /** `webgpu` for the kernels, `its shader` for the expression alone. */
  readonly name: string;
  readonly answers: Readonly<Record<string, NumericAnswer>>;
  /** Computed by shaders, so that what WGSL permits is permitted. */
  readonly shaders: boolean;
}

/** The questions, and what each backend answered. A whole record is one. */
export interface Answered {
  readonly questions: DoctorRecord['questions'];
  readonly backends: readonly Pick<DoctorBackend, 'id' | 'kernels' | 'shader' | 'adapter'>[];
}

export function answerColumns({ backends }: Pick<Answered, 'backends'>): AnswerColumn[] {
  return backends.flatMap(({ id, kernels, shader, adapter }) => [
    ...(Object.keys(kernels).length > 0
      ? [{ name: backendName(id), answers: kernels, shaders: adapter !== undefined }]
      : []),
    ...(shader ? [{ name: `${id} shader`, answers: shader, shaders: true }] : []),
  ]);
}

interface AnswerCell {
  readonly text: string;
  /** `permitted`: not what IEEE 754 asks for, and WGSL allows it. */
  readonly kind: 'right' | 'permitted' | 'wrong' | 'none';
}

/** What a device answered, and how that is to be taken. */
export function answerCell(question: NumericQuestion, { answers, shaders }: AnswerColumn): AnswerCell {
  const answer = answers[question.id];
  if (answer === undefined) return { text: '', kind: 'none' };
  if (answer.status === 'as IEEE 754') return { text: answer.found, kind: 'right' };
  if (answer.status === 'refused') return { text: answer.found, kind: 'none' };
  return { text: answer.found, kind: shaders && question.permitted !== undefined ? 'permitted' : 'wrong' };
}

/** An issue shows about so many columns without a scroll bar. */
const WIDTH = 100;
const LABEL = 11;

/** Limits that decide what fits on a device, in the order of the questions people ask; `--json` has all. */
const toldLimits: readonly (readonly [name: string, words: string, unit: (value: number) => string])[] = [
  ['maxBufferSize', 'buffer', bytes],
  ['maxStorageBufferBindingSize', 'binding', bytes],
  ['maxComputeWorkgroupStorageSize', 'workgroup memory', bytes],
  ['maxComputeInvocationsPerWorkgroup', 'invocations per workgroup', count],
  ['maxComputeWorkgroupsPerDimension', 'workgroups per dimension', count],
  ['maxStorageBuffersPerShaderStage', 'storage buffers per stage', count],
];

export const limitWords = ({ limits }: DoctorBackend): string =>
  toldLimits
    .flatMap(([name, words, unit]) => (limits[name] === undefined ? [] : [`${words} ${unit(limits[name])}`]))
    .join(', ');

export function adapterWords({ adapter }: DoctorBackend): string {
  if (!adapter) return '';
  const names = [adapter.vendor, adapter.architecture, adapter.device].filter((name) => name !== '');
  return `${names.join(' / ')} over ${adapter.api}${adapter.software ? '; SOFTWARE: the GPU is emulated on the CPU' : ''}`;
}

function field(label: string, text: string, width: number): string[] {
  if (text === '') return [];
  return wrap(text, width - LABEL - 2).map((part, i) => `  ${padEnd(i === 0 ? label : '', LABEL)}${part}`);
}

function backendLines(backend: DoctorBackend, width: number): string[] {
  const { id, status, reason = '', remedy = '', version = '', adapter, mathMode, selfTest } = backend;
  const words = { opens: version, absent: `not here: ${reason}`, ended: `its process ended: ${reason}` }[
    status
  ];
  return [
    ...wrap(words, width - LABEL - 2).map(
      (part, i) => `${padEnd(i === 0 ? backendName(id) : '', LABEL + 2)}${part}`,
    ),
    ...field('remedy', remedy, width),
    ...field('version', status === 'ended' ? version : '', width),
    ...field('adapter', adapterWords(backend), width),
    ...field('driver', adapter?.description ?? '', width),
    ...field('features', adapter?.features.join(' ') ?? '', width),
    ...field('limits', limitWords(backend), width),
    ...field('math mode', mathMode ? `${mathMode.mode}: ${mathMode.why}` : '', width),
    ...selfTest.flatMap(({ name, passed, detail }) =>
      field(passed ? 'pass' : 'FAIL', `${name}: ${detail}`, width),
    ),
  ];
}

/** PyTorch, in the words that a maintainer asks for. */
function torchLines({ torch }: DoctorRecord, width: number): string[] {
  if (!torch) return [];
  const { status, reason, python = '', device = '', probe, conform } = torch;
  const words = probe
    ? `torch ${probe.torch}, transformers ${probe.transformers ?? 'not here'}, Python ${probe.python}`
    : `not here: ${reason}`;
  const list = (record: Readonly<Record<string, unknown>>) =>
    Object.entries(record)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ');
  return [
    '',
    ...wrap(words, width - LABEL - 2).map((part, i) => `${padEnd(i === 0 ? 'torch' : '', LABEL + 2)}${part}`),
    ...field('python', status === 'found' ? `${python} (${reason})` : '', width),
    ...field('device', device, width),
    ...(probe?.devices ?? []).flatMap(({ name, available, label, reason: why = '' }) =>
      field(name, available ? label : `not here: ${why}`, width),
    ),
    ...field('macOS', probe?.macos ?? '', width),
    ...field('set', list(probe?.environment ?? {}), width),
    ...field('sdpa', list(probe?.sdpaBackends ?? {}), width),
    ...(probe?.probes ?? []).flatMap(({ name, device: on, passed, result, expected, why }) =>
      field(
        passed ? 'pass' : 'FAIL',
        passed ? `${name} on ${on}: ${result}` : `${name} on ${on}: ${result}, expected ${expected}; ${why}`,
        width,
      ),
    ),
    ...field('attention', conform?.sentence ?? '', width),
    ...(conform?.failed ?? []).flatMap((one) => field('FAIL', one, width)),
  ];
}

const answerWords =
  'Measured, by bits. ok: what IEEE 754 asks for; (p): something else, which WGSL permits; !: something else. The column of a backend shows its kernels as nanscope runs them, the column of a shader the bare expression.';

/** Empty where no backend answered. */
function answerTable(record: Answered, width: number): string[] {
  const columns = answerColumns(record);
  if (columns.length === 0) return [];
  const head = ['computed', 'IEEE 754', ...columns.map(({ name }) => name)];
  const rows = record.questions.map((question) => [
    question.computed,
    question.expected,
    ...columns.map((column) => {
      const { text, kind } = answerCell(question, column);
      return { right: 'ok', permitted: `${text} (p)`, wrong: `${text} !`, none: text === '' ? '-' : text }[
        kind
      ];
    }),
  ]);
  const room = Math.floor(width / 4);
  const widths = head.map((title, i) =>
    Math.min(room, Math.max(displayWidth(title), ...rows.map((row) => displayWidth(row[i]!)))),
  );
  // What is too long for its column goes on in the next line of it.
  const linesOf = (cells: readonly string[]): string[] => {
    const parts = cells.map((text, i) => wrap(text, widths[i]!));
    return Array.from({ length: Math.max(...parts.map(({ length }) => length)) }, (_, at) =>
      parts
        .map((part, i) => padEnd(part[at] ?? '', widths[i]!))
        .join('  ')
        .trimEnd(),
    );
  };
  return [head, ...rows].flatMap(linesOf);
}

function answerLines(record: Answered, width: number): string[] {
  const table = answerTable(record, width);
  return table.length === 0 ? [] : ['', ...wrap(answerWords, width), ...table];
}

/** The table of answers alone, and what its marks mean, for who names the machine in words of its own. Empty where no backend answered. */
export function renderAnswers(
  record: Answered,
  { width, unicode = true }: Pick<RenderOptions, 'width' | 'unicode'>,
): { readonly words: string; readonly table: string } {
  const table = answerTable(sanitizeRecord(record, unicode), width);
  return { words: table.length === 0 ? '' : answerWords, table: table.join('\n') };
}

/** As long a fence as it takes for nothing inside to close it. */
function fence(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  return '`'.repeat(Math.max(3, longest + 1));
}

/** `nanscope 0.2.0 (a checkout), Node 20.20.2` */
export const versionWords = ({ nanscope, installation, node }: DoctorRecord['machine']): string =>
  `nanscope ${nanscope}${installation === undefined ? '' : ` (${installation})`}, Node ${node}`;

export function renderDoctor(record: DoctorRecord, { width: asked, unicode = true }: RenderOptions): string {
  const clean = sanitizeRecord(record, unicode);
  const width = Math.max(NARROWEST, Math.min(WIDTH, Math.floor(asked)));
  const { machine, environment, backends, verdict } = clean;
  const [title] = verdictTitles[verdict.code];
  const text = [
    ...wrap(`${clean.command}: ${versionWords(machine)}`, width),
    ...wrap(
      `${machine.os}, ${machine.arch}, ${machine.cpu}, ${count(machine.cores)} cores, ${count(machine.memoryGiB)} GiB`,
      width,
    ),
    ...Object.entries(environment).flatMap(([name, value]) =>
      wrap(`set for each backend: ${name}=${value}`, width),
    ),
    ...backends.flatMap((backend) => ['', ...backendLines(backend, width)]),
    ...torchLines(clean, width),
    ...answerLines(clean, width),
    '',
    ...wrap(`${title} (exit ${verdict.exitCode}). ${verdict.sentence}`, width),
    ...(verdict.next === '' ? [] : wrap(verdict.next, width)),
  ].join('\n');
  return `${text}\n`;
}

/** The same between fences, to stand in Markdown. */
export function doctorBlock(record: DoctorRecord): string {
  const text = renderDoctor(record, { width: WIDTH, color: false });
  return `${fence(text)}text\n${text}${fence(text)}`;
}
