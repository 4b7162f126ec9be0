/** The claims as a page of documentation. The same record always gives the same text. */
import type { ClaimsRecord, FindingRecord } from '@nanscope/record';

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** @param command what makes the page anew, named at its top */
export function claimsMarkdown({ findings, devices }: ClaimsRecord, command: string): string {
  const rows = findings.map(
    ({ number, claim, verdict }) => `| [${number}](#claim-${number}) | ${cell(claim)} | ${verdict} |`,
  );
  return `# Findings

For everyone who has read why SDPA, MPS or left padding gives NaN.
You will be able to see fourteen claims about it decided by experiment, and to decide them on your own devices.

nanscope began with a report of NaN in the evaluation of causal language models with PyTorch's SDPA on Apple GPUs (MPS) under
left padding. The symptom is real. These are the report's fourteen claims, each decided by an experiment on a tiny model;
\`pnpm nanscope claims\` decides them on your own devices, [why-nan.md](why-nan.md) explains the mechanism.

Made by \`${command}\` on ${devices.map(({ name }) => name).join(' and ')}; a test fails when it is stale.

| | claim | verdict |
|---|---|---|
${rows.join('\n')}

${findings.map(section).join('\n')}`;
}

function section({ number, claim, experiment, observed, verdict, because }: FindingRecord): string {
  return `## Claim ${number}

> ${claim}

Experiment: ${experiment}${experiment.endsWith('?') ? '' : '.'}

| device | what it showed |
|---|---|
${observed.map(({ device, text }) => `| ${cell(device)} | ${cell(text)} |`).join('\n')}

**${verdict[0]!.toUpperCase()}${verdict.slice(1)}.** ${because}
`;
}
