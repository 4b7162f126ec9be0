/** What is generated from this package's source, and where it goes: the JSON Schemas and the example in docs/output.md. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  claimsJsonSchema,
  conformJsonSchema,
  doctorJsonSchema,
  generationJsonSchema,
  laneJsonSchema,
  lineJsonSchemas,
  matrixJsonSchema,
  reducedJsonSchema,
  reducedOpJsonSchema,
  resultJsonSchema,
  selftestJsonSchema,
  trainJsonSchema,
  trainLaneJsonSchema,
} from '@nanscope/record';
import { bothNaN } from '../src/fixtures.ts';
import { renderTerminal } from '../src/index.ts';

const at = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const schemaText = (schema: Record<string, unknown>): string => `${JSON.stringify(schema, null, 2)}\n`;

const output = at('../../../docs/output.md');

/** docs/output.md with the text between its markers replaced by what the renderer prints now. */
function outputPage(): string {
  const example = renderTerminal(bothNaN, { width: 80, color: false });
  const block = `<!-- example: begin -->\n\n\`\`\`text\n${example}\`\`\`\n\n<!-- example: end -->`;
  return readFileSync(output, 'utf8').replace(
    /<!-- example: begin -->[\s\S]*<!-- example: end -->/,
    () => block,
  );
}

export interface Generated {
  readonly file: string;
  readonly content: () => string;
}

export const generated: readonly Generated[] = [
  { file: at('../../record/schema/result.schema.json'), content: () => schemaText(resultJsonSchema()) },
  { file: at('../../record/schema/lane.schema.json'), content: () => schemaText(laneJsonSchema()) },
  { file: at('../../record/schema/train.schema.json'), content: () => schemaText(trainJsonSchema()) },
  { file: at('../../record/schema/generate.schema.json'), content: () => schemaText(generationJsonSchema()) },
  { file: at('../../record/schema/matrix.schema.json'), content: () => schemaText(matrixJsonSchema()) },
  { file: at('../../record/schema/claims.schema.json'), content: () => schemaText(claimsJsonSchema()) },
  {
    file: at('../../record/schema/train-lane.schema.json'),
    content: () => schemaText(trainLaneJsonSchema()),
  },
  { file: at('../../record/schema/conform.schema.json'), content: () => schemaText(conformJsonSchema()) },
  { file: at('../../record/schema/reduced.schema.json'), content: () => schemaText(reducedJsonSchema()) },
  {
    file: at('../../record/schema/reduced-op.schema.json'),
    content: () => schemaText(reducedOpJsonSchema()),
  },
  { file: at('../../record/schema/selftest.schema.json'), content: () => schemaText(selftestJsonSchema()) },
  { file: at('../../record/schema/doctor.schema.json'), content: () => schemaText(doctorJsonSchema()) },
  ...Object.entries(lineJsonSchemas()).map(([name, schema]) => ({
    file: at(`../../record/schema/${name}.schema.json`),
    content: () => schemaText(schema),
  })),
  { file: output, content: outputPage },
];
