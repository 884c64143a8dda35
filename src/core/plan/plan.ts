import type { CompileSettings, KerasObject } from '../model/model';
import type { LayerSelection, Operation } from '../surgery/operation';

/** A file, `archive.npz#member`, or those by input (output) name. Paths are relative to the plan. */
export type DataReference = string | Readonly<Record<string, string>>;

export interface DataSetPlan {
  readonly inputs: DataReference;
  readonly targets: DataReference;
  /** Keeps the samples with these labels and maps them. */
  readonly classes?: Readonly<Record<string, number>>;
  /** Multiplies the inputs. */
  readonly scale?: number;
  /** Draws that many without replacement, by the seed. */
  readonly take?: number;
  readonly sampleWeights?: DataReference;
}

export interface PhasePlan {
  readonly name?: string;
  /** What is frozen in this phase; everything else is trainable. `as set`: the flags that the model and the operations left. */
  readonly freeze: LayerSelection | 'as set';
  readonly optimizer: KerasObject;
  /** The most there are, where `until` may end the phase before. */
  readonly epochs: number;
  /** Ends the phase once its loss (of validation, where there is a set) has stopped falling: unfreezing then does not drag the base along. */
  readonly until?: 'head converged' | { readonly is: 'head converged'; readonly patience?: number; readonly minChange?: number };
  readonly batchSize: number;
  /** default true */
  readonly shuffle?: boolean;
  readonly classWeights?: Readonly<Record<string, number>>;
}

export type SeedPlan = number | { readonly initialization: number; readonly order: number; readonly sample: number };

/** `NAME.surgery.json`, version 1. `schema.ts` checks it and makes the JSON schema of the editor. */
export interface Plan {
  readonly $schema?: string;
  readonly version: 1;
  readonly model: string;
  readonly operations: readonly Operation[];
  readonly data: {
    readonly train: DataSetPlan;
    readonly validation?: DataSetPlan;
    readonly test?: DataSetPlan;
  };
  readonly compile: Pick<CompileSettings, 'loss' | 'metrics' | 'weightedMetrics' | 'lossWeights'>;
  readonly phases: readonly PhasePlan[];
  readonly seed?: SeedPlan;
  /** Labels, as the data has them, that the model was trained on before: a verdict says in how many pairs it knew one. */
  readonly baseClasses?: readonly (number | string)[];
}
