/** A result as JSON, and the JSON Schemas that describe what nanscope writes. */
import { z } from 'zod';
import { cascadeSchema, eventSchema, originSchema, pictureSchema } from './schema/cascade.ts';
import { conformCaseSchema, conformResultSchema } from './schema/conform.ts';
import { adapterSchema, decisionSchema, environmentSchema } from './schema/device.ts';
import { doctorBackendSchema, doctorSchema, numericAnswerSchema } from './schema/doctor.ts';
import { generationSchema } from './schema/generate.ts';
import type { AnyRecord } from './schema/kinds.ts';
import { labelDifferenceSchema, laneSchema, metricsSchema, SCHEMA_VERSION } from './schema/lane.ts';
import {
  batchLineSchema,
  healthLineSchema,
  sampleLineSchema,
  stepLineSchema,
  validationLineSchema,
} from './schema/lines.ts';
import { cellLineSchema, claimsSchema, matrixSchema } from './schema/matrix.ts';
import { jsonNumber, stringifyExact } from './schema/number.ts';
import { reducedCaseSchema, reducedOpSchema, reducedSchema } from './schema/reduced.ts';
import { cascadeRowSchema, resultSchema } from './schema/result.ts';
import { selftestSchema } from './schema/selftest.ts';
import {
  nonFiniteStepSchema,
  quantitySchema,
  trainDataSchema,
  trainingSchema,
  trainLaneSchema,
  trainResultSchema,
} from './schema/train.ts';

/** Names under which shared parts appear as `$defs`. */
const names = z.registry<{ id: string; title?: string; description?: string }>();
names.add(jsonNumber, { id: 'Number', description: 'A number; NaN and the infinities as strings.' });
names.add(adapterSchema, { id: 'Adapter', description: 'The graphics adapter a lane ran on.' });
names.add(decisionSchema, {
  id: 'Decision',
  description: 'Device and attention chosen, with the rules that fired.',
});
names.add(environmentSchema, { id: 'Environment', description: 'Machine and versions of a lane.' });
names.add(metricsSchema, { id: 'Metrics', description: 'Metrics over the whole data set.' });
names.add(labelDifferenceSchema, { id: 'LabelDifference', description: 'A label whose loss differs.' });
names.add(eventSchema, {
  id: 'Event',
  description: 'A kernel output that holds or was given a non-finite value.',
});
names.add(originSchema, { id: 'Origin', description: 'Where the first non-finite value was born, and how.' });
names.add(pictureSchema, {
  id: 'Picture',
  description: 'Layer x position: `.` finite, `N` NaN, `I` infinity, `-` not measured.',
});
names.add(cascadeSchema, { id: 'Cascade', description: 'How non-finite values spread through one lane.' });
names.add(laneSchema, { id: 'Lane', description: 'One lane: who ran, on what, with which result.' });
names.add(trainingSchema, {
  id: 'Training',
  description: 'How far a lane trained, and how its losses went.',
});
names.add(trainDataSchema, { id: 'TrainingData', description: 'The text of a training run, and its split.' });
names.add(nonFiniteStepSchema, { id: 'NonFiniteStep', description: 'A step that was not finite.' });
names.add(quantitySchema, { id: 'Quantity', description: 'One quantity of two lanes, step by step.' });
names.add(trainLaneSchema, { id: 'TrainLane', description: 'One lane that trained.' });
names.add(conformCaseSchema, { id: 'ConformCase', description: 'One case of a conformance run.' });
names.add(numericAnswerSchema, {
  id: 'NumericAnswer',
  description: 'What a device gave for a question, decided by bits.',
});
names.add(doctorBackendSchema, { id: 'DoctorBackend', description: 'One backend as the doctor found it.' });
names.add(reducedCaseSchema, {
  id: 'ReducedCase',
  description: 'A case with its inputs, weights and counts.',
});
names.add(cascadeRowSchema, { id: 'CascadeRow', description: 'The same op on both lanes.' });

/**
 * Indented JSON closed by a newline; non-finite numbers are the strings "NaN", "Infinity", "-Infinity". Characters
 * that a terminal would obey or hide are written as escapes, which read back as themselves.
 */
export function renderJson(result: AnyRecord): string {
  const obeyed = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
  const escaped = (character: string): string =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `${stringifyExact(result, 2).replace(obeyed, escaped)}\n`;
}

function jsonSchema(schema: z.ZodType, title: string): Record<string, unknown> {
  const { $schema, ...body } = z.toJSONSchema(schema, { metadata: names, io: 'input', reused: 'inline' });
  return { $schema, title: `${title}, schema version ${SCHEMA_VERSION}`, ...body };
}

/** JSON Schema (draft 2020-12) of `--json` and of the run.json of a whole run. Unknown keys are allowed. */
export function resultJsonSchema(): Record<string, unknown> {
  return jsonSchema(resultSchema, 'nanscope result');
}

/** JSON Schema of the run.json of one lane. */
export function laneJsonSchema(): Record<string, unknown> {
  return jsonSchema(laneSchema, 'nanscope lane');
}

/** JSON Schema of `train --json` and of the run.json of a whole training run. */
export function trainJsonSchema(): Record<string, unknown> {
  return jsonSchema(trainResultSchema, 'nanscope training run');
}

/** JSON Schema of the run.json of one lane that trains. */
export function trainLaneJsonSchema(): Record<string, unknown> {
  return jsonSchema(trainLaneSchema, 'nanscope training lane');
}

/** JSON Schema of `generate --reporter json` and of the run.json of a generation. */
export function generationJsonSchema(): Record<string, unknown> {
  return jsonSchema(generationSchema, 'nanscope generation');
}

/** JSON Schema of `matrix --json` and of the run.json of a matrix. */
export function matrixJsonSchema(): Record<string, unknown> {
  return jsonSchema(matrixSchema, 'nanscope matrix');
}

/** JSON Schema of `claims --json`. */
export function claimsJsonSchema(): Record<string, unknown> {
  return jsonSchema(claimsSchema, 'nanscope claims');
}

/** JSON Schema of `conform --json`. */
export function conformJsonSchema(): Record<string, unknown> {
  return jsonSchema(conformResultSchema, 'nanscope conformance run');
}

/** JSON Schema of `reduce --json` and of reduced.json. */
export function reducedJsonSchema(): Record<string, unknown> {
  return jsonSchema(reducedSchema, 'nanscope reduced case');
}

/** JSON Schema of `reduce --json` and of reduced.json where one kernel call was reduced. */
export function reducedOpJsonSchema(): Record<string, unknown> {
  return jsonSchema(reducedOpSchema, 'nanscope reduced call');
}

/** JSON Schema of `selftest --json`. */
export function selftestJsonSchema(): Record<string, unknown> {
  return jsonSchema(selftestSchema, 'nanscope self-test');
}

/** JSON Schema of `doctor --json`. */
export function doctorJsonSchema(): Record<string, unknown> {
  return jsonSchema(doctorSchema, 'nanscope doctor');
}

/** Schemas of the lines in the .jsonl files of a run folder, by the name of their JSON Schema. */
const lines = {
  'batch-line': [batchLineSchema, 'a line of metrics.jsonl of an evaluation'],
  'sample-line': [sampleLineSchema, 'a line of samples.jsonl'],
  'step-line': [stepLineSchema, 'a line of metrics.jsonl of a training run'],
  'validation-line': [validationLineSchema, 'a line of validation.jsonl'],
  'health-line': [healthLineSchema, 'a line of health.jsonl'],
  'cell-line': [cellLineSchema, 'a line of cells.jsonl'],
} as const;

/** JSON Schemas of the lines in the .jsonl files, by name. */
export function lineJsonSchemas(): Readonly<Record<string, Record<string, unknown>>> {
  return Object.fromEntries(
    Object.entries(lines).map(([name, [schema, title]]) => [name, jsonSchema(schema, `nanscope: ${title}`)]),
  );
}
