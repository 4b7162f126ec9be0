import { expect, it } from 'vitest';
import { claims } from '../../fixtures.ts';
import { renderClaims } from './terminal.ts';

it('begins with the verdicts in one line', () => {
  const text = renderClaims(claims, { width: 100, color: false });
  const { verdict, number } = claims.findings[0]!;
  const summary = text.indexOf(`${verdict}: `);
  expect(summary).toBeGreaterThan(0);
  expect(summary).toBeLessThan(text.indexOf(`Claim ${number}`));
});
