/** A result as JUnit XML: one suite a run, one case a check. No character in it is outside of what XML 1.0 allows. */
import { type AnyRecord, type ReportSubject, sanitizeRecord } from '@nanscope/record';
import { type Check, checksOf } from '../kinds/checks.ts';
import { kindOf } from '../kinds/index.ts';

const finite = (seconds: number | undefined): number =>
  seconds !== undefined && Number.isFinite(seconds) ? seconds : 0;

/** How long a run took by its own record, in seconds: of lanes that ran side by side, the slower one. */
export function secondsOf(record: AnyRecord): number {
  const { together, seconds } = kindOf(record);
  const parts = seconds(record).map(finite);
  return together ? Math.max(0, ...parts) : parts.reduce((sum, part) => sum + part, 0);
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Control characters are escapes already: the whole record was sanitised. */
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character]!);

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join('');
}

function testcase({ group, name, status, message = '', seconds }: Check, kind: string): string {
  const inside = {
    pass: message === '' ? '' : `<system-out>${escaped(message)}</system-out>`,
    fail: `<failure${attributes({ type: group, message })}>${escaped(message)}</failure>`,
    skip: `<skipped${attributes({ message })}/>`,
  }[status];
  // What is a finding about a run has no duration of its own, and says none.
  const time = seconds === undefined ? {} : { time: finite(seconds).toFixed(3) };
  return `    <testcase${attributes({ classname: `nanscope.${kind}.${group}`, name, ...time })}>${inside}</testcase>`;
}

/** @returns the document, closed by a newline */
export function renderJunit(subject: ReportSubject): string {
  const clean = sanitizeRecord(subject);
  const checks = checksOf(clean);
  const { kind, command } = clean.record;
  const of = (status: Check['status']) => checks.filter((each) => each.status === status).length;
  const counts = {
    tests: checks.length,
    failures: of('fail'),
    errors: 0,
    skipped: of('skip'),
    time: secondsOf(clean.record).toFixed(3),
  };
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites${attributes({ name: 'nanscope', ...counts })}>
  <testsuite${attributes({ name: `nanscope ${kind}`, ...counts })}>
    <properties>
      <property${attributes({ name: 'command', value: command })}/>
    </properties>
${checks.map((each) => testcase(each, kind)).join('\n')}
  </testsuite>
</testsuites>
`;
}
