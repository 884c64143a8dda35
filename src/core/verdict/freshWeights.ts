import { buildScene, type DataShapes } from '../training/scene';
import { modelVariables, withWeights } from '../training/variables';
import { initialize } from '../layers/initializers';
import type { Model } from '../model/model';
import { RandomStream } from '../training/random';

export interface Freshness {
  /** Of the data that the model will be fed. */
  readonly shapes: DataShapes;
  readonly seed: number;
  /** Paths of layers that keep what they have. */
  readonly keep: ReadonlySet<string>;
}

/**
 * The model with its weights and moving statistics as Keras would make them anew: each variable by its own initializer, from a
 * random stream of its own name. Throws what `buildScene` and `initialize` throw.
 */
export function withFreshWeights(model: Model, { shapes, seed, keep }: Freshness): Model {
  const kept = [...keep].map((path) => `${path}/`);
  const { variables } = buildScene(model, { shapes, training: false, live: new Set(modelVariables(model).map(({ path }) => path)) });
  const fresh = [...variables.values()].filter(({ path }) => !kept.some((layer) => path.startsWith(layer))).map(({ path, spec }) => {
    const data = initialize(spec.initializer, spec.shape, new RandomStream(seed, `initialization/${path}`));
    return [path, { dtype: 'float32', shape: spec.shape, data }] as const;
  });
  return withWeights(model, Object.fromEntries(fresh));
}
