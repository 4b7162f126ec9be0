/** The fourteen claims in the order of the report, the cells they need, and what the evidence makes of them. */
import { type Cell, cellId, type Observation, plainCell } from '../cell/cell.ts';
import { causeClaims } from './cause.ts';
import { type Changes, type Claim, type Evidence, type Judgement, judge, type KernelFacts } from './claim.ts';
import { conditionClaims } from './conditions.ts';
import { fixClaims, symptomClaims } from './symptom.ts';

export const claims: readonly Claim[] = [
  ...symptomClaims,
  ...causeClaims,
  ...conditionClaims,
  ...fixClaims,
].sort((a, b) => a.number - b.number);

export interface Finding extends Judgement {
  readonly number: number;
  readonly claim: string;
  readonly experiment: string;
  readonly observed: readonly { readonly device: string; readonly text: string }[];
}

const cellOf = (device: string, changes: Changes): Cell => ({ ...plainCell, ...changes, device });

/** Every cell that a claim needs, each once. */
export function claimCells(device: string, of: readonly Claim[] = claims): Cell[] {
  const cells = of.flatMap(({ cells: changes }) => changes.map((change) => cellOf(device, change)));
  return [...new Map(cells.map((cell) => [cellId(cell), cell])).values()];
}

/** What was seen on one device. */
export interface DeviceObservations {
  readonly device: string;
  /** As it is shown: `webgpu (software)`. */
  readonly label: string;
  readonly gpu: boolean;
  /** By cell id. */
  readonly cells: ReadonlyMap<string, Observation>;
  readonly facts: KernelFacts;
}

function evidenceOf({ device, label, gpu, cells, facts }: DeviceObservations): Evidence {
  return {
    device: label,
    gpu,
    facts,
    see(changes) {
      const id = cellId(cellOf(device, changes));
      const seen = cells.get(id);
      if (!seen) throw new Error(`The cell ${id} was not run.`);
      return seen;
    },
  };
}

/** @param devices at least one, each with every cell of `claimCells` */
export function judgeClaims(
  devices: readonly DeviceObservations[],
  of: readonly Claim[] = claims,
): Finding[] {
  const evidence = devices.map(evidenceOf);
  return of.map((claim) => ({
    number: claim.number,
    claim: claim.claim,
    experiment: claim.experiment,
    observed: evidence.map((one) => ({ device: one.device, text: claim.observed(one) })),
    ...judge(claim, evidence),
  }));
}
