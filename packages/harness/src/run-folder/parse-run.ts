/** The text of a `run.json`, or of what --json wrote -> what it holds, checked: whatever is wrong with it is one line. */
import { errorLine, UserError } from '@nanscope/errors';
import {
  type ClaimsRecord,
  CONFORM_SCHEMA,
  type ConformResultRecord,
  claimsSchema,
  conformResultSchema,
  DOCTOR_SCHEMA,
  type DoctorRecord,
  doctorSchema,
  type LaneRecord,
  laneSchema,
  type MatrixRecord,
  matrixSchema,
  type ReducedRecord,
  type ResultRecord,
  reducedSchema,
  resultSchema,
  SCHEMA_VERSION,
  SELFTEST_SCHEMA,
  type SelftestRecord,
  selftestSchema,
  type TrainLaneRecord,
  type TrainResultRecord,
  tooDeep,
  trainLaneSchema,
  trainResultSchema,
} from '@nanscope/report';
/** The content of a `run.json`: a whole run, or one lane of it. `claims` and those after it are what their `--json` wrote. */
export type RunRecord =
  | { readonly kind: 'eval'; readonly result: ResultRecord }
  | { readonly kind: 'lane'; readonly lane: LaneRecord }
  | { readonly kind: 'train'; readonly training: TrainResultRecord }
  | { readonly kind: 'train-lane'; readonly trainLane: TrainLaneRecord }
  | { readonly kind: 'matrix'; readonly matrix: MatrixRecord }
  | { readonly kind: 'claims'; readonly claims: ClaimsRecord }
  | { readonly kind: 'conform'; readonly conform: ConformResultRecord }
  | { readonly kind: 'selftest'; readonly selftest: SelftestRecord }
  | { readonly kind: 'doctor'; readonly doctor: DoctorRecord }
  | { readonly kind: 'reduce'; readonly reduced: ReducedRecord };

/** The schema of each kind of record; a whole evaluation is of kind `eval` or `compare`. */
const schemas = {
  lane: laneSchema,
  train: trainResultSchema,
  'train-lane': trainLaneSchema,
  matrix: matrixSchema,
  claims: claimsSchema,
  conform: conformResultSchema,
  selftest: selftestSchema,
  doctor: doctorSchema,
  reduce: reducedSchema,
} as const;

/** Kinds that say their version in words, the others by number. */
const versionsInWords: Readonly<Record<string, string>> = {
  conform: CONFORM_SCHEMA,
  selftest: SELFTEST_SCHEMA,
  doctor: DOCTOR_SCHEMA,
};

const isKind = (kind: unknown): kind is keyof typeof schemas => Object.hasOwn(schemas, String(kind));

const found = (code: string, path: string, what: string, expected = 'a nanscope run') =>
  new UserError(`run-folder/${code}`, `${path}: expected ${expected}, found ${what}.`);

function checkVersion(path: string, { schemaVersion, schema, kind }: Record<string, unknown>): void {
  const inWords = Object.hasOwn(versionsInWords, String(kind)) ? versionsInWords[String(kind)] : undefined;
  const [name, version, known] =
    inWords === undefined ? ['schemaVersion', schemaVersion, SCHEMA_VERSION] : ['schema', schema, inWords];
  if (version === known) return;
  throw new UserError(
    'run-folder/version',
    `${path}: expected ${name} ${known}, found ${JSON.stringify(version)?.slice(0, 40)}. Read it with the nanscope that wrote it.`,
  );
}

/**
 * @param path of the text, for messages
 * @throws {UserError} `run-folder/broken`, `run-folder/version`, `run-folder/foreign`
 */
export function parseRun(text: string, path: string): RunRecord {
  let content: Record<string, unknown>;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw found('broken', path, errorLine(error), 'JSON');
  }
  const versioned =
    content !== null &&
    typeof content === 'object' &&
    (content.schemaVersion !== undefined || Object.hasOwn(versionsInWords, String(content.kind)));
  if (!versioned) throw found('foreign', path, 'JSON without schemaVersion');
  checkVersion(path, content);
  if (tooDeep(content)) throw found('foreign', path, 'values nested deeper than any run of ours');
  const { kind } = content;
  const parsed = (isKind(kind) ? schemas[kind] : resultSchema).safeParse(content);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw found('foreign', path, `a wrong field ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  if (kind === 'lane') return { kind, lane: parsed.data as LaneRecord };
  if (kind === 'train') return { kind, training: parsed.data as TrainResultRecord };
  if (kind === 'train-lane') return { kind, trainLane: parsed.data as TrainLaneRecord };
  if (kind === 'matrix') return { kind, matrix: parsed.data as MatrixRecord };
  if (kind === 'claims') return { kind, claims: parsed.data as ClaimsRecord };
  if (kind === 'conform') return { kind, conform: parsed.data as ConformResultRecord };
  if (kind === 'selftest') return { kind, selftest: parsed.data as SelftestRecord };
  if (kind === 'doctor') return { kind, doctor: parsed.data as DoctorRecord };
  if (kind === 'reduce') return { kind, reduced: parsed.data as ReducedRecord };
  return { kind: 'eval', result: parsed.data as ResultRecord };
}
