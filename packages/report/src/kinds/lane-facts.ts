/** What was run, of results that have two lanes: model, data, policy, devices in short. */
import { backendName, type ResultRecord, type TrainResultRecord } from '@nanscope/record';
import { perLane, policyWords, roles } from '@nanscope/words';
import { type Fields, html } from '../html/parts.ts';
import { dataWords, modelFactFields, modelWords } from '../lanes/terminal/header.ts';
import { asEvaluation } from './training/chart.ts';
import { recipeWords, trainDataWords } from './training/sections.ts';

function said(result: ResultRecord, name: string, pick: Parameters<typeof perLane<string>>[1]): Fields {
  return perLane(result, pick).map(({ who, value }) => [
    who === 'both devices' ? name : `${name}, ${who}`,
    value,
  ]);
}

const loadedFields = (result: ResultRecord): Fields =>
  modelFactFields.flatMap(([name, words]) => said(result, name, words));

const deviceFields = (result: ResultRecord): Fields =>
  roles.flatMap((role) => {
    const lane = result[role];
    if (!lane) return [];
    const { label, attention } = lane.decision;
    return [[role, html`${backendName(label)} <span class="dim">attention ${attention}</span>`] as const];
  });

export function evaluationFacts(result: ResultRecord): Fields {
  return [
    ...said(result, 'model', modelWords),
    ...loadedFields(result),
    ...said(result, 'data', dataWords),
    ...said(result, 'policy', ({ policy }) => policyWords(policy)),
    ...deviceFields(result),
    ['folder', result.folder],
  ];
}

export function trainingFacts(record: TrainResultRecord): Fields {
  const lane = record.target ?? record.reference;
  const shared = asEvaluation(record);
  return [
    ...said(shared, 'model', modelWords),
    ...loadedFields(shared),
    ['text', lane && trainDataWords(lane)],
    ['recipe', lane && recipeWords(lane)],
    ...said(shared, 'policy', ({ policy }) => policyWords(policy)),
    ...deviceFields(shared),
    ['folder', record.folder],
  ];
}
