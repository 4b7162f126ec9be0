/** The task of a lane that evaluates, in the words of the torch lane (`lanes/torch/PROTOCOL.md`). */
import { resolve } from 'node:path';
import { sourceWords, type Tokenizer, tokenizerWords } from '@nanscope/collator';
import type { Decision } from '@nanscope/device';
import { dtypeName } from '@nanscope/model';
import { configRecord } from '@nanscope/settings';
import { modelPlace } from '../data/model.ts';
import type { LaneTask } from '../protocol/task.ts';
import { nanscopeVersion } from '../session/open-session.ts';

/** What every kind of task of a torch lane has. */
export interface TorchTask {
  /** As PyTorch names it; `best` leaves the choice to the lane. */
  readonly device: string;
  /** Absolute path of the lane's folder; for tasks that write one. */
  readonly folder?: string;
  readonly task: object;
}

/** As much of a lane as says what it computes. */
interface TorchLane extends Pick<LaneTask, 'role' | 'config'> {
  readonly decision: Pick<Decision, 'attention'> & {
    readonly torch?: { readonly device: string } | undefined;
  };
}

/** What is computed, which every kind of task with a model has. */
const computedBy = ({ role, config, decision }: TorchLane, inputs: string) => ({
  ...{ role, inputs: resolve(inputs) },
  ...{ model: resolve(modelPlace(config.model)), name: config.model },
  ...{ attn: decision.attention, maskForm: config.maskForm ?? '2d' },
  dtype: dtypeName(config.dtype ?? 'f32'),
  ...(config.trustRemoteCode && { trustRemoteCode: true }),
});

/** An op of a run to be reduced to the smallest inputs on which it fails. */
export interface TorchFault {
  /** Its key, with the output. */
  readonly op: string;
  /** `number`: another than in float64, by more than roundings explain. */
  readonly fault: 'NaN' | 'Inf' | 'number';
  /** Index of the batch of the run. */
  readonly batch: number;
  /** Seconds. */
  readonly budget: number;
}

/** @param from file of the batches of the run; or the call itself, as a loop of one's own left it */
export const torchReduceTask = (
  lane: TorchLane,
  from: { readonly inputs: string } | { readonly call: string },
  fault: TorchFault,
): TorchTask => ({
  device: lane.decision.torch?.device ?? 'best',
  task: {
    ...('call' in from ? { call: resolve(from.call) } : computedBy(lane, from.inputs)),
    ...fault,
  },
});

/**
 * @param inputs file of the batches
 * @param batch index of the one that all questions are about
 */
export const torchShadowTask = (lane: TorchLane, inputs: string, batch: number): TorchTask => ({
  device: lane.decision.torch?.device ?? 'best',
  task: { ...computedBy(lane, inputs), batch },
});

/** @param inputs file of the batches, one a line */
export function torchTaskOf(
  { role, folder, config, decision, batches, cut, stages = false }: LaneTask,
  inputs: string,
  tokenizer: Tokenizer,
): TorchTask {
  if (!decision.torch)
    throw new Error(`The ${role} lane is decided for ${decision.backend}, not for PyTorch.`);
  return {
    device: decision.torch.device,
    folder: resolve(folder),
    task: {
      ...computedBy({ role, config, decision }, inputs),
      batches,
      ...{ trace: config.trace, traceKeep: config.traceKeep },
      ...{ stages, grads: config.grads },
      ...(config.saveOutputs !== undefined &&
        role === 'target' && { saveOutputs: resolve(config.saveOutputs) }),
      head: {
        config: configRecord(config),
        decision,
        environment: { nanscope: nanscopeVersion },
        data: {
          source: config.loadInputs ?? sourceWords(config.data, config.textField),
          ...(cut && { cut }),
        },
        modelFacts: { tokenizer: tokenizerWords(tokenizer) },
      },
    },
  };
}
