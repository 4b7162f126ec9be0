/**
 * Reads the cases of the ONNX Attention operator (opset 23 to 25) as attention problems. What the operator has
 * and `attention` does not is put into the arrays here: 3-D inputs are split into heads, past keys are put in
 * front, `nonpad_kv_seqlen` becomes an explicit mask.
 */
import { readFile } from 'node:fs/promises';
import {
  type CaptureStage,
  type Policy,
  policies,
  policyFrom,
  type ReferenceProblem,
} from '@nanscope/attention';
import { readSafetensors, type SafetensorsFile, toFloat32, toIntegers } from '@nanscope/safetensors';

export interface OnnxCase {
  readonly name: string;
  readonly problem: ReferenceProblem;
  /** `Y`, in the layout of `problem`. */
  readonly expected: Float32Array;
  readonly stage?: { readonly name: CaptureStage; readonly expected: Float32Array };
}

interface Listed {
  readonly name: string;
  readonly file: string;
  readonly attributes: Readonly<Record<string, number>>;
  readonly node_inputs: readonly string[];
}

interface Heads {
  readonly values: Float32Array;
  readonly shape: readonly [number, number, number, number];
}

const stages: readonly CaptureStage[] = ['scores', 'softcap', 'masked', 'probabilities'];

export async function onnxCases(folder: string): Promise<OnnxCase[]> {
  const { cases } = JSON.parse(await readFile(`${folder}/index.json`, 'utf8')) as { cases: Listed[] };
  return Promise.all(
    cases.map(async (listed) => readCase(listed, await readSafetensors(`${folder}/${listed.file}`))),
  );
}

async function readCase({ name, attributes, node_inputs }: Listed, file: SafetensorsFile): Promise<OnnxCase> {
  const half = file.info('Q').dtype === 'F16';
  const heads = async (tensor: string, count: number | undefined) =>
    split(await floats(file, tensor), file.info(tensor).shape, count);
  const q = await heads('Q', attributes.q_num_heads);
  const [k, v] = await Promise.all([
    heads('K', attributes.kv_num_heads),
    heads('V', attributes.kv_num_heads),
  ]);
  const past = node_inputs.includes('past_key');
  const keys = past ? join(await heads('past_key', undefined), k) : k;
  const values = past ? join(await heads('past_value', undefined), v) : v;
  const [B, H, T, D] = q.shape;
  const [, Hkv, S, Dv] = values.shape;
  const policy: Policy = half
    ? policyFrom({ preset: 'onnx-1.23', computeDtype: 'f16' })
    : policies['onnx-1.23'];
  const lengths = node_inputs.includes('nonpad_kv_seqlen')
    ? toIntegers(await file.read('nonpad_kv_seqlen'))
    : undefined;
  const causal = attributes.is_causal === 1;
  const problem: ReferenceProblem = {
    ...{ B, H, Hkv, T, S, D, Dv, policy },
    q: q.values,
    k: keys.values,
    v: values.values,
    ...(attributes.scale && { scale: attributes.scale }),
    ...(attributes.softcap && { softcap: attributes.softcap }),
    mask: {
      // The operator aligns the diagonal at the end of the past, not at the last key.
      ...(causal && !lengths && { causal, offset: S - k.shape[2] }),
      ...(await explicitMask(file, node_inputs, [B, T, S], causal ? lengths : undefined, lengths)),
    },
  };
  const mode = attributes.qk_matmul_output_mode ?? 0;
  const expected = split(await floats(file, 'Y'), file.info('Y').shape, attributes.q_num_heads).values;
  if (!file.names.includes('qk_matmul_output')) return { name, problem, expected };
  return {
    name,
    problem,
    expected,
    stage: { name: stages[mode]!, expected: await floats(file, 'qk_matmul_output') },
  };
}

async function explicitMask(
  file: SafetensorsFile,
  inputs: readonly string[],
  [B, T, S]: readonly [number, number, number],
  causalLengths: Int32Array | undefined,
  lengths: Int32Array | undefined,
) {
  const given = inputs.includes('attn_mask') ? file.info('attn_mask') : undefined;
  const values =
    given &&
    Array.from(
      given.dtype === 'BOOL' ? (await file.read('attn_mask')).data : await floats(file, 'attn_mask'),
    );
  if (!lengths) {
    return (
      values && {
        explicit: {
          values,
          shape: given!.shape,
          dtype: given!.dtype === 'BOOL' ? ('bool' as const) : ('float32' as const),
        },
      }
    );
  }
  // Row b has `length` real keys, and its queries are the last of them.
  const mask = Array.from({ length: B * T * S }, (_, i) => {
    const [b, t, s] = [Math.floor(i / (T * S)), Math.floor(i / S) % T, i % S];
    const length = lengths[b]!;
    return Number(s < length && (!causalLengths || s <= t + length - T) && values?.[i] !== 0);
  });
  return { explicit: { values: mask, shape: [B, 1, T, S], dtype: 'bool' as const } };
}

async function floats(file: SafetensorsFile, name: string): Promise<Float32Array> {
  return toFloat32(await file.read(name));
}

/** `[B, T, H * D]` to `[B, H, T, D]`; 4-D arrays are left as they are. */
function split(values: Float32Array, shape: readonly number[], count: number | undefined): Heads {
  if (shape.length === 4) return { values, shape: shape as Heads['shape'] };
  const [B, T, width] = shape as [number, number, number];
  const H = count!;
  const D = width / H;
  const out = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const [b, t, h, d] = [
      Math.floor(i / (T * width)),
      Math.floor(i / width) % T,
      Math.floor((i % width) / D),
      i % D,
    ];
    out[((b * H + h) * T + t) * D + d] = values[i]!;
  }
  return { values: out, shape: [B, H, T, D] };
}

/** Along the positions. */
function join(a: Heads, b: Heads): Heads {
  const [B, H, P, D] = a.shape;
  const T = b.shape[2];
  const values = new Float32Array(B * H * (P + T) * D);
  for (let row = 0; row < B * H; row++) {
    values.set(a.values.subarray(row * P * D, (row + 1) * P * D), row * (P + T) * D);
    values.set(b.values.subarray(row * T * D, (row + 1) * T * D), row * (P + T) * D + P * D);
  }
  return { values, shape: [B, H, P + T, D] };
}
