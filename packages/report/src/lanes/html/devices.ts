/** Which device each lane ran on, why it was chosen, what to beware of, how the lane ended. */
import type { ResultRecord } from '@nanscope/record';
import { html } from '../../html/html.ts';
import { badge, fields, type Section, section } from '../../html/parts.ts';
import { bytes, count, counted } from '../../text/number.ts';
import { roles } from '../../words/common.ts';
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
    ...(cascade?.observer === 'changed' ? ['tracing changed the result of this lane'] : []),
    ...(memory && memory.tensorsGrown > 0
      ? [
          `${count(memory.tensorsGrown)} tensors kept after the last batch, peak ${bytes(memory.peakResidentBytes)}`,
        ]
      : []),
  ];
  const ended = failure === undefined ? laneEndings[status] : `${laneEndings[status]}: ${failure}`;
  return html`<article><h3 class="role">${role}</h3>
<p><strong>${decision.label}</strong></p>
<p>${badge(status === 'complete' ? 'pass' : 'fail', ended)}</p>
${fields([
  ['asked for', decision.requested],
  ['attention', decision.attention],
  ...decision.rules.map(({ rule, reason }) => [rule, reason] as const),
  ['machine', machineWords(lane)],
])}${warnings.map((warning) => html`<p>${badge('warn', warning)}</p>`)}${kernels(lane)}</article>
`;
}

export function devices(result: ResultRecord): Section[] {
  const lanes = roles.flatMap((role) => {
    const lane = result[role];
    return lane ? [laneCard(role, lane)] : [];
  });
  const body =
    lanes.length > 0 ? html`<div class="cards">${lanes}</div>` : html`<p>No lane left a record.</p>`;
  return [section('devices', 'Devices', body)];
}
