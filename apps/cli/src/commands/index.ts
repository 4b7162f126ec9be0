/** The commands, in the order `--help` lists them. */
import type { Command } from '../command.ts';
import { claimsCommand } from './claims.ts';
import { compareCommand } from './compare.ts';
import { completionCommand } from './completion.ts';
import { conformCommand } from './conform.ts';
import { docsCommand } from './docs.ts';
import { doctorCommand } from './doctor.ts';
import { evalCommand } from './eval.ts';
import { explainCommand } from './explain.ts';
import { generateCommand } from './generate.ts';
import { initCommand } from './init.ts';
import { matrixCommand } from './matrix.ts';
import { mergeCommand } from './merge.ts';
import { policiesCommand } from './policies.ts';
import { reduceCommand } from './reduce.ts';
import { reportCommand } from './report.ts';
import { runsCommand } from './runs.ts';
import { selftestCommand } from './selftest.ts';
import { trainCommand } from './train.ts';

export const commands: readonly Command[] = [
  evalCommand,
  trainCommand,
  generateCommand,
  matrixCommand,
  mergeCommand,
  claimsCommand,
  compareCommand,
  explainCommand,
  runsCommand,
  reduceCommand,
  conformCommand,
  selftestCommand,
  reportCommand,
  policiesCommand,
  initCommand,
  doctorCommand,
  docsCommand,
  completionCommand,
];
