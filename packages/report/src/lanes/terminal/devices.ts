/** Which device each lane ran on, why, what to beware of, and how the lane ended if not well. */
import { backendName, type LaneRecord, type ResultRecord } from '@nanscope/record';
import { bytes, count, counted, roles } from '@nanscope/words';
import { heading, type Page } from '../../terminal/page.ts';
import { type Line, labelled, lineWidth, paragraph, type Span, span } from '../../text/line.ts';

const labelWidth = 13;

/** Statuses of a lane that did not reach its end, in words. */
export const laneEndings: Readonly<Record<LaneRecord['status'], string>> = {
  running: 'still running',
  complete: 'complete',
  crashed: 'crashed',
  hung: 'hung',
  'device-lost': 'lost its device',
  failed: 'failed',
  interrupted: 'interrupted',
};

export function machineWords({ environment, decision }: LaneRecord): string {
  const { backendVersion, node, os, osVersion, arch, cores } = environment;
  const { backend } = decision;
  const version = backendVersion.includes(backend)
    ? backendVersion
    : `${backendName(backend)} ${backendVersion}`;
  return [
    version,
    /^none \((.+)\)$/.exec(node)?.[1] ?? `Node ${node.replace(/^v/, '')}`, // A page has a browser instead.
    [os, osVersion, arch].filter((word) => word !== '').join(' '), // A browser tells but the first.
    counted(cores, 'core'),
  ].join(', ');
}

export const kernelGroups = [
  ['supplied', 'supplied'],
  ['replaced', 'replaced'],
  ['known-divergence', 'known to diverge'],
] as const;

function kernelWords(lane: LaneRecord, ellipsis: string): string | undefined {
  const parts = kernelGroups.flatMap(([status, words]) => {
    const notes = lane.kernelNotes.filter((note) => note.status === status);
    if (notes.length === 0) return [];
    const names = notes.map(({ kernel }) => (kernel === '*' ? 'all' : kernel));
    const some = names.slice(0, 4).join(', ') + (names.length > 4 ? `, ${ellipsis}` : '');
    return [`${count(names.length)} ${words} (${some})`];
  });
  return parts.length === 0 ? undefined : `kernels: ${parts.join('; ')}`;
}

function laneLines(role: string, lane: LaneRecord, { width, glyphs }: Page): Line[] {
  const { decision } = lane;
  const attention = `attention ${decision.attention}`;
  const name: Span[] = [
    span(`  ${role}`.padEnd(labelWidth), 'strong'),
    span(backendName(decision.label), 'note'),
  ];
  const gap = width - lineWidth(name) - attention.length;
  const asked = `asked for ${decision.requested}`;
  const lines: Line[] =
    gap >= 2
      ? [[...name, span(' '.repeat(gap)), span(attention)]]
      : [name, [span(' '.repeat(labelWidth)), span(attention)]];
  const say = (text: string): void => void lines.push(...labelled(span(''), labelWidth, text, 'dim', width));
  const warn = (text: string): void =>
    void lines.push(
      ...paragraph(text, 'warn', width, labelWidth + glyphs.warn.length + 1, span(glyphs.warn, 'warn')),
    );
  if (decision.rules.length === 0) say(asked);
  decision.rules.forEach(({ rule, reason }, index) => {
    say(`${index === 0 ? `${asked}; ` : ''}${rule}: ${reason}`);
  });
  say(machineWords(lane));
  const kernels = kernelWords(lane, glyphs.ellipsis);
  if (kernels !== undefined) say(kernels);
  if (decision.software && !decision.warnings.some((warning) => /software/i.test(warning))) {
    warn('software adapter: its numbers count, its speed says nothing about a GPU');
  }
  for (const warning of decision.warnings) warn(warning);
  const grown = lane.memory?.tensorsGrown ?? 0;
  if (grown > 0) {
    warn(
      `${counted(grown, 'tensor')} kept after the last batch, peak ${bytes(lane.memory!.peakResidentBytes)}`,
    );
  }
  if (lane.cascade?.observer === 'changed') warn('tracing changed the result of this device');
  if (lane.status !== 'complete') {
    const text =
      lane.failure === undefined ? laneEndings[lane.status] : `${laneEndings[lane.status]}: ${lane.failure}`;
    const kept =
      lane.metrics === undefined
        ? 'nothing measured'
        : `${counted(lane.metrics.batches, 'batch', 'batches')} kept`;
    lines.push(
      ...paragraph(
        `${text} (${kept})`,
        'bad',
        width,
        labelWidth + glyphs.fail.length + 1,
        span(glyphs.fail, 'bad'),
      ),
    );
  }
  return lines;
}

export function devicesSection(result: ResultRecord, page: Page): Line[] {
  const lines: Line[] = [heading('Devices', page)];
  for (const role of roles) {
    const lane = result[role];
    if (lane !== undefined) lines.push(...laneLines(role, lane, page));
  }
  if (lines.length === 1) lines.push([span('  no device left a record', 'bad')]);
  return lines;
}
