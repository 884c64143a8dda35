import type { JsonObject } from '../model/json';
import type { KerasObject, Model } from '../model/model';

/** Which layers are meant. Paths are names joined by `/`; a range runs in the order of `inspect`, both ends included. */
export type LayerSelection =
  | 'all' | 'nothing' | 'all but head'
  | readonly string[]
  | { readonly from: string; readonly to: string };

/** Where a layer is put: behind a layer, for all that read it, or before one, for that one alone. Exactly one of both. */
export type Spot = {
  readonly after?: string;
  readonly before?: string;
};

/** One surgery step as plain data, exactly as it stands in a plan. */
export type Operation =
  | { readonly op: 'replaceHead'; readonly units: number; readonly activation: string; readonly name?: string }
  | { readonly op: 'removeLayers'; readonly layers: readonly string[] }
  | { readonly op: 'setTrainable'; readonly layers: LayerSelection; readonly trainable: boolean }
  | { readonly op: 'rename'; readonly layer: string; readonly name: string }
  | { readonly op: 'loadWeights'; readonly from: string; readonly by: 'name' | 'order' }
  | ({ readonly op: 'insertLayer'; readonly class: string; readonly config?: JsonObject; readonly name?: string } & Spot)
  | ({ readonly op: 'moveLayer'; readonly layer: string } & Spot)
  | { readonly op: 'duplicateLayer'; readonly layer: string; readonly name?: string }
  | { readonly op: 'reinitialize'; readonly layers: LayerSelection }
  | { readonly op: 'setActivation'; readonly layer: string; readonly activation: string }
  | { readonly op: 'setRate'; readonly layer: string; readonly rate: number }
  | { readonly op: 'setRegularizer'; readonly layer: string; readonly weight: string; readonly regularizer: KerasObject | null }
  /** `layers`: layer of the model to layer of the other one; where it is missing, as `proposeTransplant` says. */
  | { readonly op: 'transplantWeights'; readonly from: string; readonly layers?: Readonly<Record<string, string>> }
  | { readonly op: 'addOutput'; readonly layer: string; readonly units?: number; readonly activation?: string; readonly name?: string }
  | { readonly op: 'cut'; readonly layer: string; readonly keep: 'before' | 'after' }
  /** `keep`: which old classes the first of the new ones are. */
  | { readonly op: 'setClasses'; readonly classes: number; readonly keep?: readonly number[] }
  | { readonly op: 'setInputSize'; readonly size: readonly (number | null)[]; readonly input?: string }
  | { readonly op: 'foldBatchNormalization'; readonly layers?: readonly string[] };

export type OperationName = Operation['op'];

/** What weights are read for. */
export interface WeightsTarget {
  readonly model: Model;
  readonly by: 'name' | 'order';
}

/** A model that weights are taken from. */
export interface WeightsSource extends Model {
  /** Its layers are those of the model that it was read for, each with the weights that are meant for it, or none. */
  readonly placed?: true;
}

/** What an operation may ask for. */
export interface SurgeryContext {
  /** Seed of the initial values of new weights. */
  readonly seed: number;
  /** Reads the model or weights that an operation names by `from`; the path is as in the plan. */
  readonly readWeights?: (from: string, onto?: WeightsTarget) => Promise<WeightsSource>;
}

/** The edited model, and the model as it was: models are immutable, so the inverse is the old one. */
export interface OperationResult {
  readonly model: Model;
  readonly undo: Model;
}

/** One file each in this folder, all of this outline; `operations.ts` lists them. */
export interface OperationDefinition<O extends Operation> {
  readonly op: O['op'];
  /** Throws `operation-refused`, `layer-unknown` or `shape-mismatch` and changes nothing. */
  apply(model: Model, operation: O, context: SurgeryContext): Promise<OperationResult> | OperationResult;
}
