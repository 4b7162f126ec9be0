/** What this browser offers, as text to paste into a report: versions, adapter with its features and limits, backends, probes, the doctor's questions about numbers. */
import type { BackendFacts, Probe } from '@nanscope/backend';
import { decideWith } from '@nanscope/harness';
import type { Measured } from '@nanscope/lane';
import { backendName } from '@nanscope/record';
import { type Answered, renderAnswers } from '@nanscope/report';
import { browserName, environmentOf } from '../worker/environment.ts';
import { probing } from './devices.ts';
import { startWorker } from './start-worker.ts';

/** A driver that compiles one small shader for longer will not end. */
const silenceSeconds = 60;

export interface Answers {
  readonly questions: Answered['questions'];
  /** With as much as it said. */
  readonly backend: Answered['backends'][number];
  /** Why it said no more. */
  readonly failure?: string;
}

/** Has one backend answer the doctor's questions about numbers, in a worker of its own. */
export async function askNumbers({ id, adapter }: BackendFacts): Promise<Answers> {
  let questions: Answers['questions'] = [];
  let measured: Measured = {};
  const { outcome } = await startWorker(
    'numbers',
    { id },
    {
      silenceSeconds,
      onMessage(message) {
        if (message.kind === 'questions') questions = [...message.questions];
        if (message.kind === 'measured') measured = { ...measured, ...message };
      },
    },
  );
  const { kernels = {}, shader } = measured;
  const seen = adapter && { adapter: { ...adapter, features: [...adapter.features] } };
  return {
    questions,
    backend: { id, kernels, ...(shader && { shader }), ...seen },
    ...(outcome.failure !== undefined && { failure: outcome.failure }),
  };
}

/** Those that the packages ask for, see the backend's webgpu/session.ts, and what bounds a model. */
const limits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBuffersPerShaderStage',
] as const;

/** As the doctor's block, which an issue shows without a scroll bar. */
const WIDTH = 100;

async function limitLines(): Promise<string[]> {
  const adapter = await navigator.gpu
    ?.requestAdapter({ powerPreference: 'high-performance' })
    .catch(() => null);
  return adapter ? limits.map((name) => `    ${name} ${adapter.limits[name]}`) : [];
}

function probeLines(probe: Probe): string[] {
  if (!probe.available) return [`  ${backendName(probe.id)}: not available: ${probe.reason}`];
  const { adapter, capabilities, version } = probe.facts;
  const lines = [`  ${backendName(probe.id)}: ${version}`];
  if (adapter) {
    const named = [adapter.vendor, adapter.architecture, adapter.device, adapter.description].filter(Boolean);
    lines.push(
      `    adapter: ${named.join(' / ') || 'not reported'} over ${adapter.api}${adapter.software ? ' (software)' : ''}`,
      `    features: ${adapter.features.join(' ') || 'none'}`,
      `    strict numerics: ${capabilities.strictNumerics ? 'yes' : 'no, the shading language may assume NaN and infinities away'}`,
    );
  }
  return lines;
}

interface Survey {
  /** Lines of any length. */
  readonly text: string;
  /** Answers by column, which must not be broken. */
  readonly table: string;
}

export async function survey(say: (what: string) => void): Promise<Survey> {
  const look = probing(undefined);
  const { os, cores } = environmentOf('');
  const lines = [
    `nanscope ${NANSCOPE_VERSION}, page, ${browserName()} on ${os}, ${cores} cores`,
    `user agent: ${navigator.userAgent}`,
    `cross-origin isolated: ${crossOriginIsolated ? 'yes' : 'no'}; secure context: ${isSecureContext ? 'yes' : 'no'}; WebGPU: ${'gpu' in navigator ? 'offered' : 'not offered by this browser'}`,
    '',
    'backends',
  ];
  const answers: Answers[] = [];
  for (const id of ['webgpu', 'wasm', 'cpu']) {
    say(`looking at ${backendName(id)}`);
    const probe = await look.backend(id);
    lines.push(...probeLines(probe));
    if (!probe.available) continue;
    if (id === 'webgpu') lines.push('    limits:', ...(await limitLines()).map((line) => `  ${line}`));
    say(`probing attention on ${backendName(id)}`);
    for (const { implementation, probe: name, passed, detail } of await look.attention(id))
      lines.push(`    ${passed ? 'pass' : 'FAIL'}  ${implementation} ${name}${passed ? '' : `: ${detail}`}`);
    say(`asking ${backendName(id)} about NaN, infinities and subnormal numbers`);
    const answered = await askNumbers(probe.facts);
    answers.push(answered);
    if (answered.failure !== undefined)
      lines.push(`    FAIL  not every question was answered: ${answered.failure}`);
  }
  const config = { device: 'auto', mpsRule: 'off', attn: 'auto', policy: 'safe' } as const;
  const decided = await decideWith(config, look, say);
  lines.push(
    '',
    `auto means ${backendName(decided.target.label)}, compared with ${decided.reference ? backendName(decided.reference.label) : 'nothing'}`,
  );
  const questions = answers.find((answer) => answer.questions.length > 0)?.questions ?? [];
  const backends = answers.map(({ backend }) => backend);
  const { words, table } = renderAnswers({ questions, backends }, { width: WIDTH });
  lines.push('', words);
  return { text: `${lines.join('\n')}\n`, table: `${table}\n` };
}

// The GPU that this browser offers, by name: asked for once, and not opened.

/** @returns undefined where there is none */
export async function gpuName(): Promise<string | undefined> {
  const adapter = await navigator.gpu
    ?.requestAdapter({ powerPreference: 'high-performance' })
    .catch(() => null);
  if (!adapter) return undefined;
  const { vendor, architecture, device, description } = adapter.info;
  return description || [vendor, architecture, device].filter(Boolean).join(' ') || 'unnamed';
}
