/** From trials to the score of the detector. Pure. */
import { type Trial, type TrialFamily, trialFamilies } from './inject.ts';

export interface Score {
  /** Trials that count. */
  readonly trials: number;
  readonly setAside: number;
  /** The detector named an origin. */
  readonly seen: number;
  /** Those that it saw although every descendant was killed: only the op's own health shows the fault. */
  readonly killed: number;
  readonly originRight: number;
  readonly mechanismRight: number;
}

export interface Group extends Score {
  readonly family: TrialFamily;
  /** `NaN, backward`, or the family where it is one group. */
  readonly name: string;
}

export interface ScoreSheet {
  readonly groups: readonly Group[];
  /** Over injected and natural faults: what the bar is held against. */
  readonly faults: Score;
  readonly falseAlarms: number;
  /** Trials that went wrong, in order. */
  readonly wrong: readonly Trial[];
  readonly meetsBar: boolean;
}

/** The least share of faults whose mechanism is right. Recall and origin must be whole, false alarms none. */
export const MECHANISM_BAR = 0.95;

const originIsRight = ({ expected, found }: Trial): boolean =>
  found !== undefined && found.key === expected?.key;

function mechanismIsRight({ expected, found }: Trial): boolean {
  if (!expected || !found || !expected.mechanisms.includes(found.mechanism)) return false;
  const { becameNaN } = expected;
  return (
    becameNaN === undefined ||
    (found.becameNaN?.key === becameNaN.key && found.becameNaN.mechanism === becameNaN.mechanism)
  );
}

function isWrong(trial: Trial): boolean {
  if (trial.setAside !== undefined) return false;
  if (trial.family === 'clean') return trial.found !== undefined;
  return !originIsRight(trial) || !mechanismIsRight(trial);
}

function scoreOf(trials: readonly Trial[]): Score {
  const counted = trials.filter(({ setAside }) => setAside === undefined);
  const count = (holds: (trial: Trial) => boolean) => counted.filter(holds).length;
  return {
    trials: counted.length,
    setAside: trials.length - counted.length,
    seen: count(({ found }) => found !== undefined),
    killed: count(({ found }) => found?.survives === false),
    originRight: count(originIsRight),
    mechanismRight: count(mechanismIsRight),
  };
}

const groupName = ({ family, kind, phase }: Trial) => (kind && phase ? `${kind}, ${phase}` : family);

export function scoreSheet(trials: readonly Trial[]): ScoreSheet {
  const groups = trialFamilies.flatMap((family) => {
    const own = trials.filter((trial) => trial.family === family);
    const names = [...new Set(own.map(groupName))];
    return names.map(
      (name): Group => ({
        family,
        name,
        ...scoreOf(own.filter((trial) => groupName(trial) === name)),
      }),
    );
  });
  const faults = scoreOf(trials.filter(({ family }) => family !== 'clean'));
  const falseAlarms = scoreOf(trials.filter(({ family }) => family === 'clean')).seen;
  const { trials: counted, seen, originRight, mechanismRight } = faults;
  return {
    groups,
    faults,
    falseAlarms,
    wrong: trials.filter(isWrong),
    meetsBar:
      counted > 0 &&
      seen === counted &&
      originRight === counted &&
      mechanismRight >= MECHANISM_BAR * counted &&
      falseAlarms === 0,
  };
}
