import type { EngineName } from '../src/core/ports';

/** Engines that are measured, where they are there. */
export const measuredEngines = ['tensorflow', 'onnxruntime'] as const satisfies readonly EngineName[];
export type MeasuredEngine = (typeof measuredEngines)[number];

export interface StepJob {
  /** As bench/keras_jobs.py knows it. */
  readonly name: string;
  readonly title: string;
  /** Epochs of a round, the first of which is not counted. */
  readonly epochs: number;
  /** Rounds of the whole bench and of the quick one. */
  readonly rounds: readonly [number, number];
  /** By engine: at least so many times faster than Keras. */
  readonly goals: Readonly<Record<MeasuredEngine, number | null>>;
  /** The same against PyTorch, where bench/torch_steps.py knows the job; null where no goal is set. */
  readonly torch?: Readonly<Record<MeasuredEngine, number | null>>;
  /** seconds that compiling may take at most, where that is set */
  readonly compiling?: number;
  /** Nothing is drawn in it and it is not deep: both sides end with the same loss. */
  readonly sameLoss: boolean;
}

export const stepJobs: readonly StepJob[] = [
  { name: 'textbook', title: 'textbook step, batch 32', epochs: 4, rounds: [9, 3], goals: { tensorflow: 4, onnxruntime: 2 }, torch: { tensorflow: null, onnxruntime: null }, compiling: 0.1, sameLoss: true },
  { name: 'textbook256', title: 'textbook step, batch 256', epochs: 6, rounds: [9, 2], goals: { tensorflow: null, onnxruntime: null }, sameLoss: true },
  { name: 'cnn', title: 'CNN step, batch 32', epochs: 4, rounds: [7, 2], goals: { tensorflow: 2, onnxruntime: 0.5 }, torch: { tensorflow: 2, onnxruntime: null }, sameLoss: false },
  { name: 'lstm40', title: 'LSTM step, 40 steps, batch 32', epochs: 5, rounds: [7, 2], goals: { tensorflow: 3, onnxruntime: 3 }, sameLoss: true },
  { name: 'lstm150', title: 'LSTM step, 150 steps, batch 32', epochs: 3, rounds: [7, 2], goals: { tensorflow: 3, onnxruntime: 3 }, sameLoss: true },
  { name: 'mobileNet', title: 'MobileNetV2 step, batch 16', epochs: 3, rounds: [5, 1], goals: { tensorflow: 1.5, onnxruntime: 0.6 }, compiling: 3, sameLoss: false },
];

/** Of whole jobs: goals against Keras, whatever the engine. */
export const goals = { frozen: 5, textbook: 20, verdict: 30 } as const;
