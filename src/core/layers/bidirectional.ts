import { z } from 'zod';
import { SurgeryError } from '../errors';
import type { JsonObject } from '../model/json';
import { add, mul } from '../ops/binary';
import { concat } from '../ops/concat';
import type { Value } from '../ops/graph';
import { readConfig } from './config';
import { callInner, type Inner, innerContext, innerWeights, type Unwrap } from './inner';
import { objectConfig } from './innerObject';
import type { CallContext, KerasShape, LayerDefinition } from './layer';
import { reversed, swapBatchAndSteps } from './recurrence';

const mergeModes = ['concat', 'sum', 'ave', 'mul'] as const;

const schema = z.object({
  layer: objectConfig,
  backward_layer: objectConfig.nullish(),
  merge_mode: z.enum(mergeModes).nullable().default('concat'),
});

interface BidirectionalConfig {
  readonly forward: Inner;
  readonly backward: Inner;
  readonly mergeMode: (typeof mergeModes)[number] | null;
  readonly sequences: boolean;
  readonly states: boolean;
}

const FORWARD = { prefix: 'forward_', group: 'forward_layer' };
const BACKWARD = { prefix: 'backward_', group: 'backward_layer' };

/** A recurrent layer, and the same one (or another) that reads the steps from the last to the first; their outputs are merged. */
export function bidirectional(unwrap: Unwrap): LayerDefinition<BidirectionalConfig> {
  return {
    className: 'Bidirectional',
    parse: (config, where) => parseBoth(config, where, unwrap),
    inputNames: ['sequences', 'initial_state'],
    argumentNames: ['mask'],
    weights: ({ forward, backward }, inputs) => [
      ...innerWeights(forward.weights(inputs.slice(0, 1)), FORWARD),
      ...innerWeights(backward.weights(inputs.slice(0, 1)), BACKWARD),
    ],
    outputShapes: ({ forward, backward, mergeMode }, [sequence, ...states]) => {
      const half = states.length / 2;
      const [output, ...own] = forward.outputShapes([sequence, ...states.slice(0, half)]);
      const [other, ...others] = backward.outputShapes([sequence, ...states.slice(half)]);
      return [...mergedShapes(mergeMode, output, other), ...own, ...others];
    },
    call: (context, [sequence, ...states]) => {
      const { config } = context;
      const half = states.length / 2;
      const [output, ...own] = callInner(config.forward, direction(context, FORWARD.prefix, half > 0), [sequence, ...states.slice(0, half)]);
      const [other, ...others] = callInner(config.backward, direction(context, BACKWARD.prefix, half > 0), [sequence, ...states.slice(half)]);
      const turned = config.sequences ? swapBatchAndSteps(reversed(swapBatchAndSteps(other))) : other;
      return [...merged(config.mergeMode, output, turned), ...own, ...others];
    },
    outputMasks: ({ config, masks }) => (config.sequences ? (config.mergeMode === null ? [masks[0], masks[0]] : [masks[0]]) : []),
    trainingDiffers: ({ forward, backward }, trainable) => forward.trainingDiffers(trainable) ?? backward.trainingDiffers(trainable),
    addsLoss: ({ forward, backward }) => forward.activityRegularizer !== null || backward.activityRegularizer !== null,
  };
}

/** Both layers write zeros where a step is masked, where they give sequences. */
function parseBoth(config: JsonObject, where: string, unwrap: Unwrap): BidirectionalConfig {
  const { layer, backward_layer: given, merge_mode: mergeMode } = readConfig(schema, config, where);
  const settings = innerSettings(layer);
  const zeros = { zero_output_for_mask: settings['return_sequences'] === true };
  const other = given ?? withSettings(layer, { go_backwards: true });
  requireOpposite(settings, innerSettings(other), where);
  return {
    forward: unwrap(withSettings(layer, zeros), `${where}.layer`),
    backward: unwrap(withSettings(other, zeros), `${where}.${given ? 'backward_layer' : 'layer'}`),
    mergeMode,
    sequences: settings['return_sequences'] === true,
    states: settings['return_state'] === true,
  };
}

function innerSettings({ config }: z.output<typeof objectConfig>): JsonObject {
  return config;
}

function withSettings(layer: z.output<typeof objectConfig>, settings: JsonObject): z.output<typeof objectConfig> {
  return { ...layer, config: { ...layer.config, ...settings } };
}

function requireOpposite(forward: JsonObject, backward: JsonObject, where: string): void {
  const flag = (config: JsonObject, key: string): boolean => config[key] === true;
  const opposite = flag(forward, 'go_backwards') !== flag(backward, 'go_backwards');
  if (opposite && ['return_sequences', 'return_state'].every((key) => flag(forward, key) === flag(backward, key))) return;
  throw new SurgeryError('config-invalid', 'The two layers of a Bidirectional do not go together.', {
    expected: 'opposite go_backwards, equal return_sequences and return_state',
    received: opposite ? 'other outputs' : 'the same direction',
    where,
  });
}

/** As in Keras a carried mask counts only where no states are given; what counts is handed on as an argument. */
function direction(context: CallContext<BidirectionalConfig>, prefix: string, given: boolean): ReturnType<typeof innerContext> {
  const mask = !given || context.named['mask'] !== undefined ? context.masks[0] : undefined;
  return { ...innerContext(context, prefix, [mask]), named: mask ? { mask: [mask] } : {} };
}

function mergedShapes(mode: BidirectionalConfig['mergeMode'], output: KerasShape, other: KerasShape): readonly KerasShape[] {
  if (mode === null) return [output, other];
  if (mode !== 'concat') return [output];
  const [a, b] = [output.at(-1), other.at(-1)];
  return [[...output.slice(0, -1), typeof a === 'number' && typeof b === 'number' ? a + b : null]];
}

function merged(mode: BidirectionalConfig['mergeMode'], a: Value, b: Value): readonly Value[] {
  switch (mode) {
    case null: return [a, b];
    case 'concat': return [concat([a, b], a.shape.length - 1)];
    case 'sum': return [add(a, b)];
    case 'ave': return [mul(add(a, b), 0.5)];
    case 'mul': return [mul(a, b)];
  }
}
