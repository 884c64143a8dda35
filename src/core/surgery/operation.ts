import type { Model } from '../model/model';

/** Which layers are meant. Paths are names joined by `/`; a range runs in the order of `inspect`, both ends included. */
export type LayerSelection =
  | 'all' | 'nothing' | 'all but head'
  | readonly string[]
  | { readonly from: string; readonly to: string };

/** One surgery step as plain data, exactly as it stands in a plan. */
export type Operation =
  | { readonly op: 'replaceHead'; readonly units: number; readonly activation: string; readonly name?: string }
  | { readonly op: 'removeLayers'; readonly layers: readonly string[] }
  | { readonly op: 'setTrainable'; readonly layers: LayerSelection; readonly trainable: boolean }
  | { readonly op: 'rename'; readonly layer: string; readonly name: string }
  | { readonly op: 'loadWeights'; readonly from: string; readonly by: 'name' | 'order' };

export type OperationName = Operation['op'];

/** What an operation may ask for. */
export interface SurgeryContext {
  /** Seed of the initial values of new weights. */
  readonly seed: number;
  /** Reads the model or weights that `loadWeights` names; the path is as in the plan. */
  readonly readWeights?: (from: string) => Promise<Model>;
}

/** The edited model, and the model as it was: models are immutable, so the inverse is the old one. */
export interface OperationResult {
  readonly model: Model;
  readonly undo: Model;
}

/** One file each in this folder, all of this outline; `operations.ts` lists them. */
export interface OperationDefinition<O extends Operation> {
  readonly op: O['op'];
  /** One line for trees and logs: `replace head: Dense 1 sigmoid`. */
  describe(operation: O): string;
  /** Throws `operation-refused`, `layer-unknown` or `shape-mismatch` and changes nothing. */
  apply(model: Model, operation: O, context: SurgeryContext): Promise<OperationResult> | OperationResult;
}
