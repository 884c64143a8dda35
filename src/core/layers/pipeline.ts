import { z } from 'zod';
import { isJsonObject } from '../model/json';
import { groupNames } from '../formats/kerasPaths';
import type { Value } from '../ops/graph';
import { readConfig } from './config';
import { callInner, type Inner, innerContext, innerWeights, type Unwrap } from './inner';
import { objectConfig } from './innerObject';
import type { CallContext, KerasShape, LayerDefinition, WeightSpec } from './layer';
import { only } from './shapes';

const schema = z.object({ layers: z.array(objectConfig).min(1) });

/** A layer of the chain, and where its variables are. */
interface Link {
  readonly inner: Inner;
  /** Before the names of its variables. */
  readonly prefix: string;
  /** In the weights file. */
  readonly group: string;
}

interface PipelineConfig {
  readonly links: readonly Link[];
}

/** A chain of layers with one input and one output each. */
export function pipeline(unwrap: Unwrap): LayerDefinition<PipelineConfig> {
  return {
    className: 'Pipeline',
    limits: 'of layers that run inside a network',
    parse: (config, where) => {
      const { layers } = readConfig(schema, config, where);
      const groups = groupNames(layers.map(({ class_name: className }) => className));
      return {
        links: layers.map((layer, index) => {
          const name = isJsonObject(layer.config) ? layer.config['name'] : undefined;
          return { inner: unwrap(layer, `${where}.layers.${index}`), prefix: `${typeof name === 'string' ? name : String(index)}/`, group: `layers/${groups[index]}` };
        }),
      };
    },
    weights: ({ links }, inputs) => alongChain(links, only(inputs, 'Pipeline')).specs,
    outputShapes: ({ links }, inputs) => [alongChain(links, only(inputs, 'Pipeline')).shape],
    call: (context, inputs) => [callChain(context, only(inputs, 'Pipeline'))],
    trainingDiffers: ({ links }, trainable) => links.flatMap(({ inner }) => inner.trainingDiffers(trainable) ?? []).at(0),
    addsLoss: ({ links }) => links.some(({ inner }) => inner.addsLoss || inner.activityRegularizer !== null),
  };
}

function alongChain(links: readonly Link[], input: KerasShape): { readonly specs: readonly WeightSpec[]; readonly shape: KerasShape } {
  let shape = input;
  const specs = links.flatMap(({ inner, prefix, group }) => {
    const own = innerWeights(inner.weights([shape]), { prefix, group });
    [shape] = inner.outputShapes([shape]);
    return own;
  });
  return { specs, shape };
}

/** The mask of the input is for the first layer; what the others carry is not passed on. */
function callChain(context: CallContext<PipelineConfig>, input: Value): Value {
  return context.config.links.reduce((x, { inner, prefix }, index) => callInner(inner, innerContext(context, prefix, index === 0 ? context.masks : []), [x])[0], input);
}
