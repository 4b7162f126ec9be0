/** Checks that every run of lanes has: did they end well, were they set alike, do their ops agree in class. */
import type { CascadeRecord, ComparisonRecord, JsonNumber, ResultRecord } from '@nanscope/record';
import { count, keyWords, measured, type Role, replaysWords, roles, stepWords } from '@nanscope/words';
import { type Check, check, failedAs, skipped, timed } from '../words/check.ts';

interface LaneLike {
  readonly status: string;
  readonly failure?: string | undefined;
  readonly cascade?: CascadeRecord | undefined;
  readonly metrics?: { readonly seconds: number } | undefined;
  readonly training?: { readonly seconds: number } | undefined;
}

type Lanes = { readonly [role in Role]?: LaneLike | undefined };

export function laneChecks(lanes: Lanes): Check[] {
  return roles.flatMap((role) => {
    const lane = lanes[role];
    if (!lane) return [];
    const message = lane.failure === undefined ? lane.status : `${lane.status}: ${lane.failure}`;
    const complete = lane.status === 'complete';
    const seconds = lane.metrics?.seconds ?? lane.training?.seconds;
    const one = timed(check('lanes', `${role} completes`, complete, message), seconds);
    return [failedAs(`the ${role} ${lane.status}`, one)];
  });
}

/**
 * Whether the losses are numbers. Of a record that does not say what fails, one that is not is a failure where the run was.
 *
 * @param losses of each lane that has one
 */
export function lossCheck(
  losses: readonly { readonly role: Role; readonly loss: JsonNumber }[],
  { exitCode, findings }: Pick<ResultRecord['verdict'], 'exitCode' | 'findings'>,
): Check[] {
  if (losses.length === 0) return [];
  const name = 'the loss is finite';
  const words = losses.map(({ role, loss }) => `${role} ${measured(loss)}`).join(', ');
  const finite = losses.every(({ loss }) => typeof loss === 'number');
  const known = findings?.some(({ finding }) => finding === 'nan') ?? false;
  if (finite || known || exitCode !== 0)
    return [failedAs('the loss is not finite', check('loss', name, finite, words, 'nan'))];
  return [{ ...skipped('loss', name, `${words}; no failure: the exit code is 0`), finding: 'nan' }];
}

/** Whether looking changed what was looked at. */
export function observerChecks(lanes: Lanes): Check[] {
  return roles.flatMap((role) => {
    const cascade = lanes[role]?.cascade;
    if (!cascade || cascade.level === 'off') return [];
    const name = `tracing does not change the ${role}`;
    if (cascade.observer === 'unchecked')
      return [skipped('observer', name, 'only one of the traced and the untraced pass was run')];
    const same = cascade.observer !== 'changed';
    return [failedAs(`tracing changes the ${role}`, check('observer', name, same, cascade.observer))];
  });
}

export function settingsCheck({ configuration }: Pick<ComparisonRecord, 'configuration'>): Check {
  const words = configuration.map(({ name, target, reference }) => `${name}: ${reference} -> ${target}`);
  const name = 'both devices have the same settings';
  return failedAs('the settings differ', check('settings', name, words.length === 0, words.join('; ')));
}

export function cascadeCheck({ ops }: Pick<ComparisonRecord, 'ops'>): Check {
  const name = 'every op has the same class on both devices';
  if (ops.aligned === 0) return skipped('cascade', name, 'no op was traced on both devices');
  const first = ops.firstDivergence === undefined ? '' : `, first ${keyWords(ops.firstDivergence)}`;
  const why = ops.divergence === undefined ? '' : ` (${ops.divergence.label}: ${ops.divergence.reason})`;
  const found =
    ops.divergent === 0
      ? `${count(ops.aligned)} aligned`
      : `${count(ops.divergent)} of ${count(ops.aligned)} differ${first}${why}`;
  return failedAs('ops differ in class', check('cascade', name, ops.divergent === 0, found, 'differ'));
}

/** What was replayed when the lanes diverged, as checks: does a lane repeat itself, and which op is to blame? */
export function replayChecks({ replays, shadow }: ComparisonRecord): Check[] {
  const repeated = (replays?.lanes ?? []).map((lane) =>
    failedAs(
      `the ${lane.role} does not repeat itself`,
      check(
        'replay',
        `the ${lane.role} repeats itself`,
        lane.changed === 0,
        replaysWords(lane, replays!.times),
      ),
    ),
  );
  const last = shadow?.steps.at(-1);
  if (!shadow || !last) return repeated;
  const found = `${last.judgement}: ${stepWords(last)}; ${shadow.end}`;
  const own = last.judgement === 'own' || last.judgement === 'both';
  const name = `${keyWords(last.key)} gives the same on both devices with equal inputs`;
  return [
    ...repeated,
    own
      ? failedAs(
          `${keyWords(last.key)} differs between the devices with equal inputs`,
          check('replay', name, false, found, 'differ'),
        )
      : { group: 'replay', name: 'shadow replay blames an op', status: 'skip', message: found },
  ];
}
