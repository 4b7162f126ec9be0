/** The terminal report of whatever kind a result is of. */
import { renderClaims } from '../claims/render.ts';
import { renderConform } from '../conform/render.ts';
import { renderDoctor } from '../doctor/render.ts';
import { renderMatrix } from '../matrix/render.ts';
import { renderReduced } from '../reduced/render.ts';
import type { ReportSubject } from '../schema/any.ts';
import { renderSelftest } from '../selftest/render.ts';
import { type RenderOptions, renderTerminal } from '../terminal/render.ts';
import { renderTraining } from '../training/render.ts';

export function renderForTerminal({ record }: ReportSubject, options: RenderOptions): string {
  switch (record.kind) {
    case 'train':
      return renderTraining(record, options);
    case 'matrix':
      return renderMatrix(record, options);
    case 'claims':
      return renderClaims(record, options);
    case 'conform':
      return renderConform(record, options);
    case 'selftest':
      return renderSelftest(record, options);
    case 'doctor':
      return renderDoctor(record, options);
    case 'reduce':
      return renderReduced(record, options);
    default:
      return renderTerminal(record, options);
  }
}
