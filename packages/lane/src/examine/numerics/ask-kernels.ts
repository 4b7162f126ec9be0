/** Puts the questions to the kernels of the active backend: what nanscope's models are computed with. */
import { errorLine } from '@nanscope/errors';
import type { NumericAnswer } from '@nanscope/record';
import * as tf from '@tensorflow/tfjs';
import { widened } from './bits.ts';
import { judge, refusal } from './judge.ts';
import { type Question, questions } from './questions.ts';

/** Equal elements, so that whole vectors and what is left over are both asked. */
const ELEMENTS = 9;

/** A tensor of these bits; no number in between, which could lose a payload. */
const filled = (word: number): tf.Tensor1D =>
  tf.tensor1d(new Float32Array(new Uint32Array(ELEMENTS).fill(word).buffer));

async function ask(question: Question): Promise<NumericAnswer> {
  const { operands, kernels } = question;
  try {
    const result = tf.tidy(() => kernels!(filled(operands[0]), filled(operands[1])));
    const read = await result.data();
    // A truth value may come back as the byte it is kept in.
    const values = read instanceof Float32Array ? read : Float32Array.from(read);
    result.dispose();
    return judge(question, new Uint32Array(values.buffer, values.byteOffset, values.length));
  } catch (error) {
    return refusal(errorLine(error));
  }
}

export async function askKernels(): Promise<Record<string, NumericAnswer>> {
  const put = questions.filter(({ kernels }) => kernels !== undefined);
  return Object.fromEntries(
    await Promise.all(put.map(async (question) => [question.id, await ask(question)] as const)),
  );
}

function source(asked: readonly Question[], halves: boolean): string {
  const lines = asked.map(
    ({ wgsl, half }, i) => `  {
    let a = bitcast<f32>(operands[${i}].x);
    let b = bitcast<f32>(operands[${i}].y);
${half ? `    let h = f16(a);\n    let k = f16(b);\n    results[${i}] = bitcast<u32>(vec2<f16>(${half}, 0h));` : `    results[${i}] = bitcast<u32>(${wgsl});`}
  }`,
  );
  return `${halves ? 'enable f16;\n' : ''}@group(0) @binding(0) var<storage, read> operands: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read_write> results: array<u32>;
@compute @workgroup_size(1) fn main() {
${lines.join('\n')}
}
`;
}

async function run(device: GPUDevice, asked: readonly Question[], halves: boolean): Promise<Uint32Array> {
  const { STORAGE, COPY_DST, COPY_SRC, MAP_READ } = GPUBufferUsage;
  const module = device.createShaderModule({ code: source(asked, halves) });
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module } });
  const size = asked.length * 4;
  const operands = device.createBuffer({ size: size * 2, usage: STORAGE | COPY_DST });
  const results = device.createBuffer({ size, usage: STORAGE | COPY_SRC });
  const readable = device.createBuffer({ size, usage: MAP_READ | COPY_DST });
  try {
    device.queue.writeBuffer(operands, 0, Uint32Array.from(asked.flatMap((question) => question.operands)));
    const bindGroup = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [operands, results].map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(1);
    pass.end();
    encoder.copyBufferToBuffer(results, 0, readable, 0, size);
    device.queue.submit([encoder.finish()]);
    await readable.mapAsync(GPUMapMode.READ);
    const words = new Uint32Array(readable.getMappedRange().slice(0));
    return words.map((word, i) => (asked[i]!.half === undefined ? word : widened(word & 0xffff)));
  } finally {
    for (const buffer of [operands, results, readable]) buffer.destroy();
  }
}

async function askOnce(device: GPUDevice, halves: boolean): Promise<[string, NumericAnswer][]> {
  const asked = questions.filter(
    ({ wgsl, half, topic }) => (wgsl ?? half) !== undefined && (topic === 'f16') === halves,
  );
  const all = (answer: (question: Question, index: number) => NumericAnswer): [string, NumericAnswer][] =>
    asked.map((question, index) => [question.id, answer(question, index)]);
  if (halves && !device.features.has('shader-f16')) return all(() => refusal('no shader-f16'));
  try {
    const found = await run(device, asked, halves);
    return all((question, index) => judge(question, found.subarray(index, index + 1)));
  } catch (error) {
    return all(() => refusal(errorLine(error)));
  }
}

/**
 * Puts the questions to the shader compiler and the driver below the kernels: one invocation, one expression a
 * question, operands read from memory so that nothing is known before it runs. Half floats in a shader of their own.
 */
export async function askShader(device: GPUDevice): Promise<Record<string, NumericAnswer>> {
  return Object.fromEntries([...(await askOnce(device, false)), ...(await askOnce(device, true))]);
}
