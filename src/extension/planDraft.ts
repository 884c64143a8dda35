import type { Inspection } from '../core/inspect/inspection';
import type { JsonObject } from '../core/model/json';
import type { KerasObject } from '../core/model/model';
import { optimizerNames } from '../core/plan/kerasNames';
import type { DataSetPlan, PhasePlan, Plan } from '../core/plan/plan';
import type { Operation } from '../core/surgery/operation';
import { matchingLoss } from '../core/surgery/matchingLoss';

export interface Head {
  readonly units: number;
  readonly activation: string;
}

/** What the targets of a data set are, as `describeData` says. */
export interface TargetFacts {
  readonly shape: readonly number[];
  readonly dtype: string;
  /** The distinct labels of a small integer vector. */
  readonly labels: readonly number[] | null;
}

/** The head for these targets: a sigmoid unit for two classes, softmax for more, linear for values. */
export function headFor({ shape, labels }: TargetFacts): Head {
  const classes = labels?.length ?? 0;
  if (classes === 2) return { units: 1, activation: 'sigmoid' };
  if (classes > 2) return { units: classes, activation: 'softmax' };
  return { units: shape.length > 1 ? shape[shape.length - 1] ?? 1 : 1, activation: 'linear' };
}

/** Labels numbered from 0 in their order; undefined where they are so already. */
export function classesFor(labels: readonly number[]): Readonly<Record<string, number>> | undefined {
  const sorted = [...labels].sort((a, b) => a - b);
  if (sorted.every((label, index) => label === index)) return undefined;
  return Object.fromEntries(sorted.map((label, index) => [String(label), index]));
}

/** Bytes are images: 1/255, unless the model scales by itself. */
export function scaleFor(dtype: string, inspection: Inspection): number | undefined {
  const scalesItself = inspection.layers.some(({ class: name }) => name === 'Rescaling' || name === 'Normalization');
  return dtype === 'uint8' && !scalesItself ? 1 / 255 : undefined;
}

/** `accuracy` for classes, the mean absolute error for values. */
export function metricsFor(loss: string): readonly string[] {
  return loss.includes('crossentropy') ? ['accuracy'] : ['mean_absolute_error'];
}

/**
 * The textbook's two phases: the new head alone, then everything at a hundredth of the rate. The optimizer is the one the
 * model was compiled with, SGD at 0.01 where that is unknown.
 */
export function phasesFor(inspection: Inspection): readonly PhasePlan[] {
  const { name, rate } = optimizerOf(inspection.compile?.optimizer ?? null);
  const optimizer = (learningRate: number): KerasObject => ({ class_name: name, config: { learning_rate: learningRate } });
  return [
    { name: 'phase 1', freeze: 'all but head', optimizer: optimizer(rate), epochs: 4, batchSize: 32 },
    { name: 'phase 2', freeze: 'nothing', optimizer: optimizer(Number((rate / 100).toPrecision(6))), epochs: 16, batchSize: 32 },
  ];
}

function optimizerOf(optimizer: KerasObject | null): { readonly name: string; readonly rate: number } {
  const given = typeof optimizer === 'string' ? optimizer : optimizer?.class_name;
  const name = optimizerNames.find((known) => known.toLowerCase() === given?.toLowerCase());
  if (name === undefined) return { name: 'SGD', rate: 0.01 };
  const config: JsonObject = optimizer === null || typeof optimizer === 'string' ? {} : optimizer.config;
  // Keras' own default rates
  const rate = typeof config.learning_rate === 'number' ? config.learning_rate : name === 'SGD' ? 0.01 : 0.001;
  // Keras saves the float32 of it: 0.001 as 0.0010000000474974513.
  return { name, rate: Number(rate.toPrecision(6)) };
}

/** What a plan is made of; what is missing is chosen from the model. Paths in `data` are relative to the plan. */
export interface PlanAnswers {
  readonly data: { readonly train: DataSetPlan; readonly validation?: DataSetPlan; readonly test?: DataSetPlan };
  readonly head?: Head;
  readonly loss?: string;
  readonly metrics?: readonly string[];
  readonly phases?: readonly PhasePlan[];
}

/** A whole plan. `model` is relative to it; a new head goes after the operations that are there. */
export function draftPlan(model: string, operations: readonly Operation[], inspection: Inspection, answers: PlanAnswers): Plan {
  const { data, head, phases = phasesFor(inspection) } = answers;
  const loss = answers.loss ?? (head ? matchingLoss(head.units, head.activation) : lossOf(inspection));
  return {
    version: 1, model,
    operations: head ? [...operations, { op: 'replaceHead', ...head }] : operations,
    data, compile: { loss, metrics: answers.metrics ?? metricsFor(loss) }, phases, seed: 0,
  };
}

/** The loss of the model as compiled, where that is one. */
function lossOf({ compile }: Inspection): string {
  const loss = compile?.loss;
  if (typeof loss === 'string') return loss;
  return loss && 'class_name' in loss && typeof loss.class_name === 'string' ? loss.class_name : 'mean_squared_error';
}
