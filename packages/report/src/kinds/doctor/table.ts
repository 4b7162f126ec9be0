/** What the devices were asked, and what each answered, as a table: a line a question, a column a device. */
import {
  backendName,
  type DoctorBackend,
  type DoctorRecord,
  type NumericAnswer,
  type NumericQuestion,
} from '@nanscope/record';

export interface AnswerColumn {
  /** `webgpu` for the kernels, `its shader` for the expression alone. */
  readonly name: string;
  readonly answers: Readonly<Record<string, NumericAnswer>>;
  /** Computed by shaders, so that what WGSL permits is permitted. */
  readonly shaders: boolean;
}

/** The questions, and what each backend answered. A whole record is one. */
export interface Answered {
  readonly questions: DoctorRecord['questions'];
  readonly backends: readonly Pick<DoctorBackend, 'id' | 'kernels' | 'shader' | 'adapter'>[];
}

export function answerColumns({ backends }: Pick<Answered, 'backends'>): AnswerColumn[] {
  return backends.flatMap(({ id, kernels, shader, adapter }) => [
    ...(Object.keys(kernels).length > 0
      ? [{ name: backendName(id), answers: kernels, shaders: adapter !== undefined }]
      : []),
    ...(shader ? [{ name: `${id} shader`, answers: shader, shaders: true }] : []),
  ]);
}

export interface AnswerCell {
  readonly text: string;
  /** `permitted`: not what IEEE 754 asks for, and WGSL allows it. */
  readonly kind: 'right' | 'permitted' | 'wrong' | 'none';
}

/** What a device answered, and how that is to be taken. */
export function answerCell(question: NumericQuestion, { answers, shaders }: AnswerColumn): AnswerCell {
  const answer = answers[question.id];
  if (answer === undefined) return { text: '', kind: 'none' };
  if (answer.status === 'as IEEE 754') return { text: answer.found, kind: 'right' };
  if (answer.status === 'refused') return { text: answer.found, kind: 'none' };
  return { text: answer.found, kind: shaders && question.permitted !== undefined ? 'permitted' : 'wrong' };
}
