/** What a parent asks a lane of PyTorch that stays open for questions (`lanes/torch/PROTOCOL.md`), as far as it is not what it asks every lane. */
import type { Capture, CapturedOp, Digest, Placed } from '@nanscope/cascade';

/** Some elements of an output, and where it lies. */
export interface TorchDigest extends Digest, Placed {}

/** Beside the op that ends it, what the calls are that make it of what both lanes have. */
export interface TorchCapturedOp extends CapturedOp {
  /** Kernel and everything that goes in besides tensors, in order of execution; without those that only look at memory in another way. */
  readonly ops: readonly (readonly [kernel: string, scalars: string])[];
}

export type TorchCapture = Exclude<Capture, CapturedOp> | TorchCapturedOp;

/** What `capture` is asked for: names of records that both lanes have. */
export interface TorchCaptureAsk {
  readonly calls: readonly string[];
  readonly shared: readonly string[];
}
