/** What `claims --json` prints: each claim, what every device showed, and the verdict. */
import { z } from 'zod';
import { SCHEMA_VERSION } from './lane.ts';

const findingSchema = z.object({
  number: z.number().int(),
  claim: z.string(),
  experiment: z.string(),
  observed: z.array(z.object({ device: z.string(), text: z.string() })).readonly(),
  verdict: z.enum(['holds', 'does not hold', 'partly', 'cannot be decided here']),
  because: z.string(),
});
export type FindingRecord = z.infer<typeof findingSchema>;

export const claimsSchema = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  kind: z.literal('claims'),
  command: z.string(),
  devices: z.array(
    z.object({
      name: z.string(),
      label: z.string(),
      backend: z.string(),
      gpu: z.boolean(),
      cells: z.number().int(),
    }),
  ),
  findings: z.array(findingSchema),
});
export type ClaimsRecord = z.infer<typeof claimsSchema>;
