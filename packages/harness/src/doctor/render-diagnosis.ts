/** A diagnosis as plain text to paste into a report. */
import type { Probe } from '@nanscope/backend';
import type { Diagnosis } from './diagnose.ts';

function probeLines(probe: Probe): string[] {
  if (!probe.available)
    return [
      `  ${probe.id.padEnd(11)} not available: ${probe.reason}`,
      `  ${''.padEnd(11)} remedy: ${probe.remedy}`,
    ];
  const { facts } = probe;
  const lines = [`  ${probe.id.padEnd(11)} ${facts.version}`];
  if (facts.adapter) {
    const { vendor, architecture, device, description, api, software, features } = facts.adapter;
    const named = [vendor, architecture, device, description].filter((part) => part !== '').join(' / ');
    lines.push(`  ${''.padEnd(11)} adapter: ${named} over ${api}${software ? ' (software)' : ''}`);
    lines.push(`  ${''.padEnd(11)} features: ${features.join(' ') || 'none'}`);
    lines.push(
      `  ${''.padEnd(11)} strict numerics: ${facts.capabilities.strictNumerics ? 'yes' : 'no, the shading language may assume NaN and infinities away'}`,
    );
  }
  return lines;
}

export function renderDiagnosis(diagnosis: Diagnosis): string {
  const lines = [
    `nanscope ${diagnosis.nanscope}, Node ${diagnosis.node}`,
    `${diagnosis.os}, ${diagnosis.arch}, ${diagnosis.cpu}, ${diagnosis.cores} cores, ${diagnosis.memoryGiB} GiB`,
    ...Object.entries(diagnosis.environment).map(([name, value]) => `set for lanes: ${name}=${value}`),
    '',
    'backends',
  ];
  for (const { probe, attention } of diagnosis.backends) {
    lines.push(...probeLines(probe));
    for (const outcome of attention) {
      lines.push(
        `  ${''.padEnd(11)} ${outcome.passed ? 'pass' : 'FAIL'}  ${outcome.implementation} ${outcome.probe}${outcome.passed ? '' : `: ${outcome.detail}`}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}
