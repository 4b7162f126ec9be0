/** docs/findings.md is what the claims show, on wasm and on the software adapter: run again here where they are. */
import { readFileSync } from 'node:fs';
import { backends } from '@nanscope/backend';
import {
  cellId,
  claimCells,
  type DeviceObservations,
  judgeClaims,
  kernelFacts,
  type Observation,
  runCell,
  tinyModel,
} from '@nanscope/experiments';
import { claimsMarkdown } from '@nanscope/report';
import { describe, expect, it } from 'vitest';
import { at } from './pages.ts';

const command = 'pnpm nanscope claims --device wasm,gpu --markdown docs/findings.md';
const page = readFileSync(at('docs/findings.md'), 'utf8');

const probes = await Promise.all(
  backends().map(async (backend) => ({ backend, probe: await backend.probe() })),
);
const gpu = probes.find(({ backend }) => backend.id === 'webgpu')!;
const software = gpu.probe.available && gpu.probe.facts.adapter?.software === true;

async function observe(id: string, name: string): Promise<DeviceObservations> {
  const session = await backends()
    .find((backend) => backend.id === id)!
    .open();
  try {
    const cells = new Map<string, Observation>();
    for (const cell of claimCells(name)) {
      const model = await tinyModel(Number(cell.layers));
      cells.set(cellId(cell), await runCell(cell, session, model));
      model.dispose();
    }
    const label = id === 'webgpu' ? 'webgpu (software)' : id;
    return { device: name, label, gpu: id === 'webgpu', cells, facts: await kernelFacts() };
  } finally {
    await session.dispose();
  }
}

const markdown = (devices: readonly DeviceObservations[]) =>
  claimsMarkdown(
    {
      schemaVersion: 1,
      kind: 'claims',
      command: '',
      devices: devices.map(({ device, label, gpu: isGpu, cells }) => ({
        ...{ name: device, label, backend: label, gpu: isGpu, cells: cells.size },
      })),
      findings: judgeClaims(devices).map((finding) => ({ ...finding })),
    },
    command,
  );

describe('docs/findings.md', () => {
  it('tells what wasm shows', { timeout: 120_000 }, async () => {
    const rows = markdown([await observe('wasm', 'wasm')])
      .split('\n')
      .filter((line) => line.startsWith('| wasm |'));
    expect(rows).toHaveLength(14);
    expect(page.split('\n').filter((line) => line.startsWith('| wasm |'))).toEqual(rows);
  });

  it.skipIf(!software)(
    `is the page that ${command} writes${software ? '' : ' (skipped: the page is of a software adapter, and this machine has none)'}`,
    { timeout: 240_000 },
    async () => {
      expect(page).toBe(markdown([await observe('wasm', 'wasm'), await observe('webgpu', 'gpu')]));
    },
  );
});
