/** What was run: model, data, policy, devices in short, folder. Above everything else but the verdict. */
import type { AnyRecord, ReportSubject } from '../schema/any.ts';
import type { ResultRecord } from '../schema/result.ts';
import { dataWords, modelWords } from '../terminal/header.ts';
import { perLane, policyWords, roles } from '../terminal/words.ts';
import { count, percent } from '../text/number.ts';
import { asEvaluation } from '../training/as-evaluation.ts';
import { recipeWords, trainDataWords } from '../training/sections.ts';
import { type Content, type Html, html } from './html.ts';
import { fields } from './parts.ts';

type Fields = (readonly [string, Content])[];

function said(result: ResultRecord, name: string, pick: Parameters<typeof perLane<string>>[1]): Fields {
  return perLane(result, pick).map(({ who, value }) => [
    who === 'both lanes' ? name : `${name}, ${who}`,
    value,
  ]);
}

const deviceFields = (result: ResultRecord): Fields =>
  roles.flatMap((role) => {
    const lane = result[role];
    if (!lane) return [];
    const { label, attention } = lane.decision;
    return [[role, html`${label} <span class="dim">attention ${attention}</span>`] as const];
  });

function evaluationFields(result: ResultRecord): Fields {
  return [
    ...said(result, 'model', modelWords),
    ...said(result, 'data', dataWords),
    ...said(result, 'policy', ({ policy }) => policyWords(policy)),
    ...deviceFields(result),
    ['folder', result.folder],
  ];
}

function fieldsOf(record: AnyRecord): Fields {
  switch (record.kind) {
    case 'train': {
      const lane = record.target ?? record.reference;
      const shared = asEvaluation(record);
      return [
        ...said(shared, 'model', modelWords),
        ['text', lane && trainDataWords(lane)],
        ['recipe', lane && recipeWords(lane)],
        ...said(shared, 'policy', ({ policy }) => policyWords(policy)),
        ...deviceFields(shared),
        ['folder', record.folder],
      ];
    }
    case 'matrix':
      return [
        ['cells', count(record.cells)],
        ...record.devices.map(({ name, label }) => [`device ${name}`, label] as const),
        ['filter', record.filter],
        ['shard', record.shard && `${record.shard}: what follows is about this part only`],
        ['folder', record.folder],
      ];
    case 'claims':
      return record.devices.map(({ name, label, cells }) => [
        `device ${name}`,
        `${label}, ${count(cells)} cells`,
      ]);
    case 'conform':
      return [
        ['attention', record.implementation],
        ['device', record.decision.label],
        ...record.decision.rules.map(({ rule, reason }) => [rule, reason] as const),
        ...record.decision.warnings.map((warning) => ['beware', warning] as const),
      ];
    case 'selftest':
      return [
        [
          'share',
          record.share < 1 ? `${percent(record.share)} of the faults that could be injected` : 'every fault',
        ],
        ...record.devices.map(({ name, label }) => [`device ${name}`, label] as const),
      ];
    case 'doctor': {
      const { nanscope, node, os, arch, cpu, cores, memoryGiB } = record.machine;
      return [
        ['versions', `nanscope ${nanscope}, Node ${node}`],
        ['machine', `${os}, ${arch}, ${cpu}, ${count(cores)} cores, ${count(memoryGiB)} GiB`],
        ...Object.entries(record.environment).map(([name, value]) => [name, value] as const),
      ];
    }
    case 'reduce':
      return [
        ['run', record.run],
        ['model', record.model],
        ['policy', policyWords(record.policy)],
        [
          'device',
          html`${record.decision.label} <span class="dim">attention ${record.decision.attention}</span>`,
        ],
        ['against', record.reference?.label],
        ['folder', record.folder],
      ];
    default:
      return evaluationFields(record);
  }
}

export const facts = ({ record }: ReportSubject): Html => fields(fieldsOf(record));
