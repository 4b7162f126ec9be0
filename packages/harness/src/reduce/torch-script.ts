/** A reduced call of PyTorch as a script of its own, which knows nothing of nanscope: at most 30 lines. Pure. */
import { torchNumber } from '@nanscope/conform';
import type { OperandRecord } from '@nanscope/record';

type Values = OperandRecord['values'];

export interface TorchOperand extends OperandRecord {
  /** As PyTorch calls it: `torch.float16`. */
  readonly type: string;
}

/** What the lane says at its end (`lanes/torch/PROTOCOL.md`); checked as a part of the record. */
export interface ReducedCall {
  readonly kernel: string;
  /** The function, as a script calls it. */
  readonly call: string;
  /** Whether its arguments are given by name. */
  readonly named: boolean;
  /** Which of several results fails. */
  readonly output: number;
  /** In their order; as Python writes it, what is no tensor. */
  readonly arguments: readonly (readonly [name: string, text: string | null])[];
  readonly operands: readonly TorchOperand[];
  /** The element of the result that fails, flat; what is there, what is right, what that rests on, and how far from it roundings may lie. */
  readonly index: number;
  readonly got: Values[number];
  readonly expected: Values[number];
  readonly why: string;
  readonly room: number;
  readonly torch: string;
  readonly device: string;
  /** The rest of where it was seen. */
  readonly machine: string;
}

export type TorchFaultKind = 'NaN' | 'Inf' | 'number';

const words = { NaN: 'float("nan")', Infinity: 'float("inf")', '-Infinity': '-float("inf")' } as const;

function numberText(value: Values[number], type: string): string {
  if (type === 'torch.bool') return value === 0 ? 'False' : 'True';
  if (typeof value === 'string') return words[value as keyof typeof words];
  const text = Object.is(value, -0) ? '-0' : String(value);
  return /float/.test(type) && /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** What PyTorch makes of a list without being told. */
const own = ['torch.float32', 'torch.int64', 'torch.bool'];

/** A line of Python that makes the tensor. */
export function literal({ values, shape, type }: Pick<TorchOperand, 'values' | 'shape' | 'type'>): string {
  const numbers = values.map((value) => numberText(value, type));
  const sizes = `[${shape.join(', ')}]`;
  // An empty list says nothing of its type: it becomes float32.
  const dtype = own.includes(type) && (numbers.length > 0 || type === own[0]) ? '' : `, dtype=${type}`;
  return numbers.length > 0 && numbers.every((each) => each === numbers[0])
    ? `torch.full(${sizes}, ${numbers[0]}${dtype})`
    : `torch.tensor([${numbers.join(', ')}]${dtype}).reshape(${sizes})`;
}

const shown = (value: Values[number]): string => torchNumber(Number(value));

/** What is seen at the element, what its right value rests on, and the title of a report. */
export function torchWords({ expected, got, why, torch, kernel, device }: ReducedCall, kind: TorchFaultKind) {
  const finite = Number.isFinite(Number(expected));
  const what = kind === 'number' ? shown(got) : kind;
  const seen = finite ? `${what} where ${shown(expected)} is expected` : `${kind}, and so it is in float64`;
  return {
    ...{ seen, title: `torch ${torch}: ${kernel} on ${device} gives ${seen}` },
    basis: finite ? why : `${why}: what is wrong is what goes in`,
  };
}

/** What the last line of a script says of the exit codes 0 and 1: Python leaves 1 for errors of its own too. */
export const scriptSays = { 0: 'PASS', 1: 'FAIL' } as const;

export function torchScript(found: ReducedCall, kind: TorchFaultKind): string {
  const { call, named, operands, index, expected, torch, device, room } = found;
  const { title, seen, basis } = torchWords(found, kind);
  const moved = device === 'cpu' ? '' : `.to('${device}')`;
  const given = found.arguments.map(([name, text]) => {
    const value = text ?? name;
    return named ? `${name}=${value}` : value;
  });
  const float = (value: Values[number]) => numberText(value, 'torch.float64');
  const right =
    kind === 'number'
      ? `abs(seen - expected) <= ${float(room)}  # What roundings explain.`
      : 'math.isfinite(seen)';
  return `${[
    `# ${title}`,
    `# Seen with torch ${torch}, ${found.machine}.`,
    '# Exits 1 where the fault is there, 0 where it is not.',
    ...(kind === 'number' ? [] : ['import math']),
    'import sys',
    'import torch',
    ...operands.map((operand) => `${operand.name} = ${literal(operand)}${moved}`),
    `out = ${call}(${given.join(', ')})`,
    ...(named ? [] : [`out = out if isinstance(out, torch.Tensor) else out[${found.output}]`]),
    `seen = out.flatten()[${index}].item()`,
    `expected = ${float(expected)}  # ${basis}`,
    'print("torch", torch.__version__, "expected", expected, "seen", seen)',
    `right = ${right}`,
    `print("${scriptSays[0]}" if right else "${scriptSays[1]}: ${seen}")`,
    'sys.exit(0 if right else 1)',
  ].join('\n')}\n`;
}
