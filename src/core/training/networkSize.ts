import { SurgeryError } from '../errors';
import type { Model } from '../model/model';
import { sizeOf } from '../model/tensor';
import { sampleWork } from '../ops/work';
import { emptyColumn, hostPart } from './hostColumns';
import { buildScene } from './scene';
import { modelVariables } from './variables';

/** How large a network is: of its architecture alone, so that phases, arms, frozen layers and cached features change nothing. */
export interface NetworkSize {
  /** Numbers in its weights. */
  readonly weights: number;
  /** Multiplications of its convolutions for one sample. */
  readonly convolutions: number;
}

/** Where the model leaves an axis of its input free. */
const TYPICAL_AXIS = 64;

/** A network that cannot be run (an opaque layer) has no convolutions here: whoever runs it will say what is wrong. */
export function networkSize(model: Model): NetworkSize {
  const variables = modelVariables(model);
  return {
    weights: variables.reduce((sum, { weight }) => sum + sizeOf(weight.shape), 0),
    convolutions: convolutionsOf(model, new Set(variables.map(({ path }) => path))),
  };
}

/** All weights as states: none of their numbers is read. */
function convolutionsOf(model: Model, live: ReadonlySet<string>): number {
  const columns = new Map(model.root.network.inputs.map((input) => [input.name, emptyColumn(input, input.shape.slice(1).map((size) => size ?? TYPICAL_AXIS))]));
  try {
    const host = hostPart(model, columns, new Set());
    const inputs = Object.fromEntries([...columns].filter(([name]) => !host.inputs.has(name)).map(([name, { shape }]) => [name, shape]));
    const { graph, outputs } = buildScene(model, { shapes: { inputs, targets: {}, weighed: [], cached: {}, host: host.columns }, training: false, live });
    outputs.forEach(({ name, output }) => graph.output(name, output));
    return sampleWork(graph.finish(), ['conv', 'convInputGrad']);
  } catch (thrown) {
    if (thrown instanceof SurgeryError) return 0;
    throw thrown;
  }
}
