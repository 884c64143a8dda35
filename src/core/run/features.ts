import type { SampleArray } from '../data/dataSet';
import type { Tensors } from '../ports';

/** Rows of float32 numbers that are read when they are asked for: features that lie on a disk. */
export interface RowSource {
  /** Axis 0 is the samples. */
  readonly shape: readonly number[];
  /** `count` rows from `from`, row-major, into the beginning of `into`. Throws `file-unreadable`. */
  readRows(from: number, count: number, into: Float32Array): void;
}

/** What a frozen prefix gives for every sample of a set, by the key of the tensor. */
export type Features = Readonly<Record<string, SampleArray | RowSource>>;

/** An array of features that is to be kept. */
export interface FeatureShape {
  readonly name: string;
  /** Axis 0 is the samples. */
  readonly shape: readonly number[];
}

/** Features on loan: they stay where they are until they are given back. */
export interface FeatureLoan {
  readonly features: Features;
  readonly kept: 'memory' | 'disk';
  /** They were there already. */
  readonly reused: boolean;
  release(): Promise<void>;
}

/** What is asked for: by a key that stands for all that decides what they are. */
export interface WantedFeatures {
  /** SHA-256, lower-case hex */
  readonly key: string;
  readonly arrays: readonly FeatureShape[];
  /** Hands on the next rows of every array, batch after batch; more rows than the arrays have are dropped. */
  readonly compute: (take: (rows: Tensors) => void) => Promise<void>;
}

/** Where features are kept: for the phases of a run, and for later runs of the same weights on the same data. */
export interface FeatureStore {
  /** Why features of so many bytes cannot be kept at once; undefined where they can. */
  refuses(bytes: number): Promise<string | undefined>;
  /** Those that are there, else computed and kept. Throws `write-failed` where there is no room after all, and what computing throws. */
  borrow(wanted: WantedFeatures): Promise<FeatureLoan>;
}

export function isRowSource(source: object): source is RowSource {
  return 'readRows' in source;
}

/** How much may be kept. */
export interface FeatureBudget {
  /** bytes */
  readonly memory: number;
  /** bytes; 0: nothing is written */
  readonly disk: number;
}

/** Where nobody says. */
export const defaultFeatureBudget: FeatureBudget = { memory: 2 ** 30, disk: 10 * 2 ** 30 };

/** Environment variable with the folder for features. */
export const featuresVariable = 'MODEL_SURGERY_FEATURES';
