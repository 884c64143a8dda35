import type { JsonObject } from '../../model/json';
import type { Value } from '../../ops/graph';

/** Numbers that change from step to step, by name: scalar float32 inputs of the step program. */
export type Rates = Readonly<Record<string, number>>;

/** A weight that has slots. */
export interface SlotOwner {
  /** `layer path/variable` */
  readonly path: string;
  readonly shape: readonly number[];
}

/** What the update of one weight reads and leaves behind. */
export interface WeightUpdate {
  readonly weight: Value;
  readonly path: string;
  /** Of the same shape; clipped. */
  readonly gradient: Value;
  /** A slot's value before the step. */
  readonly slot: (name: string) => Value;
  /** What a slot holds after the step. */
  readonly keep: (name: string, next: Value) => void;
  /** A live number that `rates` gives. */
  readonly rate: (name: string) => Value;
}

/** One optimizer with its config bound: how a weight moves, beyond what all optimizers share. */
export interface UpdateRule {
  /**
   * Names of the slots each weight has, in Keras' order of saving: the slots of one group stand together weight by weight,
   * the groups one after the other.
   */
  readonly slots: readonly (readonly string[])[];
  /** What a slot holds before the first step, in every element; 0 where it is not named. */
  readonly initial?: Readonly<Record<string, number>>;
  /** Slots that start as the weight itself. */
  readonly startAsWeight?: readonly string[];
  /** Whether a weight has a slot; each has all where this is left out. */
  has?(slot: string, owner: SlotOwner): boolean;
  /** The shape of a slot; the weight's where this is left out. */
  slotShape?(slot: string, owner: SlotOwner): readonly number[];
  /** A rate of weight decay other than the optimizer's `weight_decay`; null for none. */
  decay?(owner: SlotOwner): number | null;
  /** `iteration` counts steps from 0. Rounded where Keras rounds to float32. */
  rates(learningRate: number, iteration: number): Rates;
  /** Numbers that Keras saves after the slots, when so many steps are done. */
  totals?(iteration: number): Readonly<Record<string, number>>;
  /** The weight after the step. */
  update(step: WeightUpdate): Value;
}

/** A Keras optimizer class. One file each, all of this outline; `registry.ts` lists them. */
export interface OptimizerDefinition {
  readonly className: string;
  readonly defaultLearningRate: number;
  readonly defaultWeightDecay: number | null;
  /** Names of the config keys beyond those that all optimizers share. */
  readonly settings: readonly string[];
  /** Throws `config-invalid`. */
  bind(config: JsonObject, where: string): UpdateRule;
}

/** The one rate that most rules need; weight decay reads it too. */
export const LEARNING_RATE = 'learning_rate';
