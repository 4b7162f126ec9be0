/** The kinds of results, in one table; a new kind is a row here and one in `schema/kinds.ts`. */
import type { AnyRecord, ReportSubject, ResultRecord } from '@nanscope/record';
import type { Fields, Section } from '../html/parts.ts';
import type { RenderOptions } from '../terminal/style.ts';
import type { Check } from '../words/check.ts';
import { claimsChecks } from './claims/checks.ts';
import { claimsFacts, claimsSections } from './claims/html.ts';
import { renderClaims } from './claims/terminal.ts';
import { conformChecks } from './conform/checks.ts';
import { conformFacts, conformSections } from './conform/html.ts';
import { renderConform } from './conform/terminal.ts';
import { doctorChecks } from './doctor/checks.ts';
import { doctorFacts, doctorSections } from './doctor/html.ts';
import { renderDoctor } from './doctor/terminal.ts';
import { evaluationChecks } from './evaluation/checks.ts';
import { evaluationSections } from './evaluation/html.ts';
import { renderTerminal } from './evaluation/terminal.ts';
import {
  generationChecks,
  generationFacts,
  generationSections,
  renderGeneration,
} from './generation/report.ts';
import { evaluationFacts, trainingFacts } from './lane-facts.ts';
import { matrixChecks } from './matrix/checks.ts';
import { matrixFacts, matrixSections } from './matrix/html.ts';
import { renderMatrix } from './matrix/terminal.ts';
import { reducedChecks } from './reduced/checks.ts';
import { reducedFacts, reducedSections } from './reduced/html.ts';
import { renderReduced } from './reduced/terminal.ts';
import { opChecks } from './reduced-op/checks.ts';
import { opFacts, opSections } from './reduced-op/html.ts';
import { renderReducedOp } from './reduced-op/terminal.ts';
import { selftestChecks } from './selftest/checks.ts';
import { selftestFacts, selftestSections } from './selftest/html.ts';
import { renderSelftest } from './selftest/terminal.ts';
import { trainingChecks } from './training/checks.ts';
import { renderTraining, trainingSections } from './training/html.ts';

type RecordOf<K, R = AnyRecord> = R extends AnyRecord ? (K extends R['kind'] ? R : never) : never;

const evaluation: Kind<ResultRecord> = {
  terminal: renderTerminal,
  facts: evaluationFacts,
  sections: evaluationSections,
  checks: evaluationChecks,
  seconds: ({ target, reference }) => [target?.metrics?.seconds, reference?.metrics?.seconds],
  together: true,
};

const kinds: { readonly [K in AnyRecord['kind']]: Kind<RecordOf<K>> } = {
  eval: evaluation,
  compare: evaluation,
  train: {
    terminal: renderTraining,
    facts: trainingFacts,
    sections: trainingSections,
    checks: trainingChecks,
    seconds: ({ target, reference }) => [target?.training.seconds, reference?.training.seconds],
    together: true,
  },
  generate: {
    terminal: renderGeneration,
    facts: generationFacts,
    sections: generationSections,
    checks: generationChecks,
    seconds: ({ seconds }) => [seconds],
  },
  matrix: {
    terminal: renderMatrix,
    facts: matrixFacts,
    sections: matrixSections,
    checks: matrixChecks,
    seconds: ({ devices }) => devices.map(({ seconds }) => seconds),
  },
  claims: {
    terminal: renderClaims,
    facts: claimsFacts,
    sections: claimsSections,
    checks: claimsChecks,
    seconds: () => [],
  },
  conform: {
    terminal: renderConform,
    facts: conformFacts,
    sections: conformSections,
    checks: conformChecks,
    seconds: ({ seconds }) => [seconds],
  },
  selftest: {
    terminal: renderSelftest,
    facts: selftestFacts,
    sections: selftestSections,
    checks: selftestChecks,
    seconds: ({ devices }) => devices.map(({ seconds }) => seconds),
  },
  doctor: {
    terminal: renderDoctor,
    facts: doctorFacts,
    sections: doctorSections,
    checks: doctorChecks,
    seconds: ({ backends }) => backends.map(({ seconds }) => seconds),
    together: true,
  },
  reduce: {
    terminal: renderReduced,
    facts: reducedFacts,
    sections: reducedSections,
    checks: reducedChecks,
    seconds: ({ search }) => [search.seconds],
  },
  'reduce-op': {
    terminal: renderReducedOp,
    facts: opFacts,
    sections: opSections,
    checks: opChecks,
    seconds: ({ search }) => [search.seconds],
  },
};

/** The row of a record: what it is given has to be that record. */
export const kindOf = ({ kind }: AnyRecord): Kind<AnyRecord> => kinds[kind];

// What a kind of result needs to be read out: how it is shown on a terminal, as a page and as checks.

export interface Kind<R extends AnyRecord> {
  terminal(record: R, options: RenderOptions): string;
  /** What was run, in short: the head of the HTML report. */
  facts(record: R): Fields;
  /** What stands below it. The record is sanitised. */
  sections(record: R, subject: ReportSubject): Section[];
  checks(record: R, subject: ReportSubject): Check[];
  /** How long each of its parts ran. */
  seconds(record: R): readonly (number | undefined)[];
  /** Whether its parts ran side by side, else one after the other. */
  readonly together?: boolean;
}
