/**
 * What is done about a step whose loss or gradient is not finite, decided before the weights are touched. Pure: the
 * two numbers are read back by the loop; where the NaN came from is the cascade's business.
 */

/** `stop` ends the run before the update, `skip` leaves this update out, `continue` applies it as it is. */
export const nonFinitePolicies = ['stop', 'skip', 'continue'] as const;

export type NonFinitePolicy = (typeof nonFinitePolicies)[number];

/** Whether both are finite. A finite loss is not enough: its gradients can be NaN all the same. */
export function isFiniteStep(loss: number, gradientNorm: number): boolean {
  return Number.isFinite(loss) && Number.isFinite(gradientNorm);
}

export interface StepDecision {
  readonly action: 'update' | 'skip' | 'stop';
  /** What was not finite, in words; absent for a finite step. */
  readonly reason?: string;
}

/**
 * @param loss mean over supervised tokens
 * @param gradientNorm global norm before clipping
 */
export function decideStep(loss: number, gradientNorm: number, policy: NonFinitePolicy): StepDecision {
  if (isFiniteStep(loss, gradientNorm)) return { action: 'update' };
  const reason = Number.isFinite(loss)
    ? `the loss is ${loss} but the gradient norm is ${gradientNorm}`
    : `the loss is ${loss} and the gradient norm is ${gradientNorm}`;
  return { action: policy === 'continue' ? 'update' : policy, reason };
}
