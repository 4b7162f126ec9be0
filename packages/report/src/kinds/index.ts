/** The kinds of results, in one table; a new kind is a row here and one in `schema/kinds.ts`. */

import type { AnyRecord, ResultRecord } from '@nanscope/record';
import { claimsChecks } from '../checks/claims.ts';
import { conformChecks } from '../checks/conform.ts';
import { doctorChecks } from '../checks/doctor.ts';
import { evaluationChecks } from '../checks/evaluation.ts';
import { matrixChecks } from '../checks/matrix.ts';
import { reducedChecks } from '../checks/reduced.ts';
import { selftestChecks } from '../checks/selftest.ts';
import { trainingChecks } from '../checks/training.ts';
import { renderClaims } from '../claims/render.ts';
import { renderConform } from '../conform/render.ts';
import { renderDoctor } from '../doctor/render.ts';
import { claimsFacts, claimsSections } from '../html/claims.ts';
import { conformFacts, conformSections } from '../html/conform.ts';
import { doctorFacts, doctorSections } from '../html/doctor.ts';
import { evaluationSections } from '../html/evaluation.ts';
import { evaluationFacts, trainingFacts } from '../html/lane-facts.ts';
import { matrixFacts, matrixSections } from '../html/matrix.ts';
import { reducedFacts, reducedSections } from '../html/reduced.ts';
import { selftestFacts, selftestSections } from '../html/selftest.ts';
import { trainingSections } from '../html/training.ts';
import { renderMatrix } from '../matrix/render.ts';
import { renderReduced } from '../reduced/render.ts';
import { renderSelftest } from '../selftest/render.ts';
import { renderTerminal } from '../terminal/render.ts';
import { renderTraining } from '../training/render.ts';
import type { Kind } from './kind.ts';

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
};

/** The row of a record: what it is given has to be that record. */
export const kindOf = ({ kind }: AnyRecord): Kind<AnyRecord> => kinds[kind];
