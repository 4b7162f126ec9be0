/** From `--reporter` and `--json` to what is written where, or to the line that says why not. Pure. */
import { nearest, UserError } from '@nanscope/errors';
import { type Reporter, type ReporterName, reporterNames, reporters } from '@nanscope/report';

/** Where what a reporter makes goes: standard output, a named file or folder, or its own name in the run folder. */
export type Place =
  | { readonly kind: 'stdout' }
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'folder'; readonly name: string };

export interface PlannedReport {
  readonly reporter: ReporterName;
  readonly place: Place;
}

/** As typed, for messages. */
const spelled = ({ reporter, place }: PlannedReport): string =>
  place.kind === 'file' ? `${reporter}=${place.file}` : reporter;

function planned(text: string, leavesFolder: boolean): PlannedReport {
  const [, name = text, file] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  const reporter = reporterNames.find((known) => known === name);
  if (!reporter) {
    const near = nearest(name, reporterNames);
    throw new UserError(
      'usage/reporter',
      `--reporter: expected one of ${reporterNames.join(', ')}, alone or with =FILE, found "${text}".${near ? ` Did you mean ${near}?` : ''}`,
    );
  }
  if (file === '')
    throw new UserError('usage/reporter', `--reporter ${text}: expected a file after =, found none.`);
  if (file === '-' && !('render' in reporters[reporter])) {
    throw new UserError(
      'usage/reporter',
      `--reporter ${text}: expected a folder, since ${reporter} writes event files, found standard output.`,
    );
  }
  if (file === '-') return { reporter, place: { kind: 'stdout' } };
  if (file !== undefined) return { reporter, place: { kind: 'file', file } };
  const { file: own }: Reporter = reporters[reporter];
  if (own === undefined) return { reporter, place: { kind: 'stdout' } };
  if (leavesFolder) return { reporter, place: { kind: 'folder', name: own } };
  throw new UserError(
    'usage/reporter',
    `--reporter ${reporter}: expected =FILE, since there is no run folder to write ${own} into. Use --reporter ${reporter}=${own}.`,
  );
}

/**
 * @param texts each `NAME` or `NAME=FILE`
 * @param json whether `--json` was given, which is the reporter of that name on standard output
 * @param leavesFolder whether there is a run folder for those that write into one
 * @throws {UserError} `usage/reporter`
 */
export function planReports(
  texts: readonly string[] | undefined,
  json: boolean,
  leavesFolder: boolean,
): PlannedReport[] {
  const given = (texts ?? []).map((text) => planned(text, leavesFolder));
  const plan: PlannedReport[] = json ? [{ reporter: 'json', place: { kind: 'stdout' } }, ...given] : given;
  if (plan.length === 0) return [{ reporter: 'terminal', place: { kind: 'stdout' } }];
  const toStdout = plan.filter(({ place }) => place.kind === 'stdout');
  const owners = toStdout.filter(({ reporter }) => !('amongOthers' in reporters[reporter]));
  const company = toStdout.length > 1 && owners.some(({ reporter }) => reporter !== 'terminal');
  if (owners.length > 1 || company) {
    const names = toStdout.map(({ reporter }) => reporter).join(' and ');
    throw new UserError(
      'usage/reporter',
      `--reporter: expected one report on standard output, found ${names}. Give ${toStdout.at(-1)!.reporter} a file: --reporter ${toStdout.at(-1)!.reporter}=FILE.`,
    );
  }
  const places = plan.flatMap((one) => (one.place.kind === 'stdout' ? [] : [JSON.stringify(one.place)]));
  const twice = plan.find((one, i) =>
    plan.slice(0, i).some((other) => one.place.kind !== 'stdout' && same(one.place, other.place)),
  );
  if (twice && new Set(places).size < places.length) {
    throw new UserError(
      'usage/reporter',
      `--reporter ${spelled(twice)}: expected a file of its own, found one that another reporter writes.`,
    );
  }
  return plan;
}

const same = (a: Place, b: Place): boolean => JSON.stringify(a) === JSON.stringify(b);
