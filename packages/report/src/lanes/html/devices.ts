/** Which device each lane ran on, why it was chosen, what to beware of, how the lane ended. */
import { backendName, type ComparisonRecord, type ResultRecord } from '@nanscope/record';
import {
  bytes,
  count,
  counted,
  keyWords,
  perLane,
  roles,
  type TracingWords,
  tracingWords,
} from '@nanscope/words';
import { badge, fields, html, type Section, type Status, section, table } from '../../html/parts.ts';
import { kernelGroups, laneEndings, machineWords } from '../terminal/devices.ts';

type Lane = NonNullable<ResultRecord['target']>;

function kernels({ kernelNotes }: Lane) {
  return kernelGroups.flatMap(([status, words]) => {
    const notes = kernelNotes.filter((note) => note.status === status);
    if (notes.length === 0) return [];
    const list = notes.map(({ kernel, why }) => html`<li><code>${kernel}</code> ${why}</li>`);
    return [
      html`<details><summary>${counted(notes.length, 'kernel')} ${words}</summary><ul>${list}</ul></details>
`,
    ];
  });
}

function laneCard(role: string, lane: Lane) {
  const { decision, memory, cascade, status, failure } = lane;
  const warnings = [
    ...(decision.software ? ['software adapter: its numbers count, its speed says nothing about a GPU'] : []),
    ...decision.warnings.filter((warning) => !decision.software || !/software/i.test(warning)),
    ...(cascade?.observer === 'changed' ? ['tracing changed the result of this device'] : []),
    ...(memory && memory.tensorsGrown > 0
      ? [
          `${count(memory.tensorsGrown)} tensors kept after the last batch, peak ${bytes(memory.peakResidentBytes)}`,
        ]
      : []),
  ];
  const ended = failure === undefined ? laneEndings[status] : `${laneEndings[status]}: ${failure}`;
  return html`<article><h3 class="role">${role}</h3>
<p><strong>${backendName(decision.label)}</strong></p>
<p>${badge(status === 'complete' ? 'pass' : 'fail', ended)}</p>
${fields([
  ['asked for', decision.requested],
  ['attention', decision.attention],
])}<details><summary>Why this device, and the machine</summary>${fields([
    ...decision.rules.map(({ rule, reason }) => [rule, reason] as const),
    ['machine', machineWords(lane)],
  ])}</details>
${warnings.map((warning) => html`<p>${badge('warn', warning)}</p>`)}${kernels(lane)}</article>
`;
}

export function devices(result: ResultRecord): Section[] {
  const lanes = roles.flatMap((role) => {
    const lane = result[role];
    return lane ? [laneCard(role, lane)] : [];
  });
  const body =
    lanes.length > 0 ? html`<div class="cards">${lanes}</div>` : html`<p>No device left a record.</p>`;
  return [section('devices', 'Devices', body)];
}

interface Compared {
  readonly command: string;
  readonly comparison?: Pick<ComparisonRecord, 'configuration' | 'environment'> | undefined;
}

/** Settings and machines on which the two sides differ. */
export function settings({ comparison }: Compared): Section[] {
  if (!comparison) return [];
  const { configuration, environment } = comparison;
  const rows = (all: typeof configuration) =>
    all.map(({ name, target, reference }) => ({ cells: [name, target, reference] }));
  const head = ['name', 'target', 'reference'];
  if (configuration.length + environment.length === 0) return [];
  const machines =
    environment.length > 0 && table('Machines and versions: informational only', head, rows(environment));
  return [
    section(
      'differences',
      'Settings and machines that differ',
      configuration.length > 0 && table('Settings that must be equal and are not', head, rows(configuration)),
      configuration.length > 0 && machines,
      configuration.length === 0 &&
        html`<p>No setting differs that must be equal.</p>
<details><summary>${counted(environment.length, 'fact')} about machines and versions ${environment.length === 1 ? 'differs' : 'differ'}</summary>${machines}</details>
`,
    ),
  ];
}

const statuses: Partial<Record<TracingWords['tone'], Status>> = { good: 'pass', warn: 'warn', bad: 'fail' };

function sentence({ text, tone }: TracingWords) {
  const status = statuses[tone];
  return status ? badge(status, text) : text;
}

/** Whether looking changed anything, what replays came to, where it starts to look abnormal, and what was left out. */
export function tracing(result: ResultRecord, unit: 'batch' | 'step'): Section[] {
  const said = perLane(result, ({ cascade }) => {
    const words = cascade ? tracingWords(cascade, unit) : [];
    return words.length === 0 ? undefined : { words, room: cascade?.warning?.headroom ?? [] };
  });
  if (said.length === 0) return [];
  const parts = said.map(({ who, value: { words, room } }) => {
    const rows = room.map(({ key, amax, f32, f16 }) => ({
      cells: [keyWords(key), amax.toPrecision(4), f32.toFixed(1), f16.toFixed(1)],
    }));
    const heads = ['op', 'largest magnitude', 'powers of two to overflow, f32', 'f16'];
    return html`<article><h3>${who}</h3>
${fields(words.map((one) => [one.label, sentence(one)] as const))}${
  rows.length > 0 && table(`Least room to overflow, ${who}`, heads, rows, { figures: [1, 2, 3] })
}</article>
`;
  });
  return [section('tracing', 'Tracing', html`<div class="cards">${parts}</div>`)];
}
