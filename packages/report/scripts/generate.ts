/** Writes what is generated from this package's source: the JSON Schemas and the example in docs/output.md. */
import { writeFileSync } from 'node:fs';
import { generated } from '../src/generated.ts';

for (const { file, content } of generated()) writeFileSync(file, content());
