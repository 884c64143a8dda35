import { z } from 'zod';
import { SurgeryError } from '../errors';
import type { JsonObject } from '../model/json';
import type { Value } from '../ops/graph';
import type { Shape } from '../ops/shape';
import { readConfig, unsupported } from './config';
import type { CallContext, KerasShape, LayerDefinition, Mask, WeightSpec } from './layer';
import { reversed, swapBatchAndSteps, walk, type Walked, zerosLike } from './recurrence';
import type { RecurrentCell } from './recurrentCell';
import { asFloat, showKerasShape, toKerasShape } from './shapes';

const schema = z.object({
  return_sequences: z.boolean().default(false),
  return_state: z.boolean().default(false),
  go_backwards: z.boolean().default(false),
  stateful: z.boolean().default(false),
  zero_output_for_mask: z.boolean().default(false),
});

/** A cell with its config. Several are run one after the other: none hands anything to one before it. */
export interface BoundCell {
  readonly cell: RecurrentCell<unknown>;
  readonly config: unknown;
  /** Stands before the names of its variables. */
  readonly prefix: string;
  /** Its group in a weights file, below the layer's own. */
  readonly group: string;
}

export interface RecurrentConfig extends z.output<typeof schema> {
  readonly cells: readonly BoundCell[];
}

/** Finds the cells in a layer's config. */
type ReadCells = (config: JsonObject, where: string) => readonly BoundCell[];

/** Throws `unsupported` for a layer that keeps its states from batch to batch. */
function parseRecurrent(config: JsonObject, where: string, cells: ReadCells): RecurrentConfig {
  const read = readConfig(schema, config, where);
  if (read.stateful) throw unsupported('stateful', true, where);
  return { ...read, cells: cells(config, where) };
}

/** The only cell of a layer that is named after it. */
export function onlyCell<C>(cell: RecurrentCell<C>): ReadCells {
  return (config, where) => [{ cell: cell, config: cell.parse(config, where), prefix: '', group: 'cell' }];
}

/** A layer that walks a cell over the steps of `[batch, steps, ...]`; further inputs are the states before the first step. */
export function recurrentLayer(className: string, cells: ReadCells): LayerDefinition<RecurrentConfig> {
  return {
    className,
    parse: (config, where) => parseRecurrent(config, where, cells),
    inputNames: ['sequences', 'initial_state'],
    argumentNames: ['mask'],
    weights: (config, inputs) => recurrentWeights(config, inputs[0], className),
    outputShapes: (config, inputs) => recurrentShapes(config, inputs, className),
    call: (context, inputs) => {
      const walked = runRecurrent(context.config, context, inputs);
      return [outputOf(context.config, walked), ...(context.config.return_state ? walked.states : [])];
    },
    outputMasks: ({ config, masks }) => (config.return_sequences ? [masks[0]] : []),
    trainingDiffers: ({ cells: bound }) => (bound.some(({ cell, config }) => cell.drops(config)) ? 'it drops at random in training' : undefined),
  };
}

/** [batch, ...] of one step. Throws `shape-mismatch`. */
function stepShape(input: KerasShape | undefined, className: string): KerasShape {
  // Keras' own three multiply matrices; a cell of another kind may read more axes.
  const flat = ['LSTM', 'GRU', 'SimpleRNN'].includes(className);
  if (input && (flat ? input.length === 3 : input.length >= 3)) return [...input.slice(0, 1), ...input.slice(2)];
  throw new SurgeryError('shape-mismatch', `${className} takes a sequence for each sample.`, {
    expected: flat ? '3 axes' : '3 axes or more',
    received: input ? showKerasShape(input) : 'nothing',
  });
}

/** Each cell with the shape of what it reads in a step. */
function withInputs({ cells }: RecurrentConfig, first: KerasShape): { readonly bound: BoundCell; readonly input: KerasShape }[] {
  let input = first;
  return cells.map((bound) => {
    const own = { bound, input };
    [input] = bound.cell.stateShapes(bound.config, input);
    return own;
  });
}

function recurrentWeights(config: RecurrentConfig, input: KerasShape | undefined, className: string): readonly WeightSpec[] {
  return withInputs(config, stepShape(input, className)).flatMap(({ bound: { cell, config: own, prefix, group }, input: read }) =>
    cell.weights(own, read).map((spec) => ({ ...spec, name: prefix + spec.name, group })));
}

/** The output, then the states where they are returned. */
function recurrentShapes(config: RecurrentConfig, inputs: readonly KerasShape[], className: string): readonly KerasShape[] {
  const [sequence, ...given] = inputs;
  const states = withInputs(config, stepShape(sequence, className)).map(({ bound, input }) => bound.cell.stateShapes(bound.config, input));
  const flat = states.flat();
  if (given.length > 0 && given.length !== flat.length) {
    throw new SurgeryError('shape-mismatch', `${className} is given another number of states than it has.`, { expected: `${flat.length} states`, received: `${given.length} states` });
  }
  const [[batch = null, ...output]] = states.at(-1) ?? [[]];
  const first = config.return_sequences ? [batch, sequence[1] ?? null, ...output] : [batch, ...output];
  return [first, ...(config.return_state ? flat : [])];
}

/** Walks the cells over the sequence. A mask that nobody gave by name counts only where no states are given: as in Keras. */
function runRecurrent(config: RecurrentConfig, context: Omit<CallContext<unknown>, 'config'>, [sequence, ...given]: readonly Value[]): Walked {
  const masked = given.length === 0 || context.named['mask'] !== undefined;
  const mask: Mask = masked ? context.masks[0] : undefined;
  const states = [...given];
  const finals: Value[] = [];
  let walked: Walked | undefined;
  for (const bound of config.cells) {
    const read: Value = walked?.outputs ?? swapBatchAndSteps(asFloat(sequence));
    const prepared = bound.cell.prepare({ ...context, config: bound.config, weights: weightsOf(bound, context.weights) }, read);
    const shapes = bound.cell.stateShapes(bound.config, toKerasShape(read.shape.slice(1)));
    const own = states.splice(0, given.length > 0 ? shapes.length : 0).map(asFloat);
    const start = own.length > 0 ? own : shapes.map((shape) => zerosLike({ graph: read.graph, shape: withBatch(shape, read.shape[1]) }));
    walked = walk(prepared, { states: start, given: own.length > 0 }, { mask, reverse: config.go_backwards, zeroOutput: config.zero_output_for_mask });
    finals.push(...walked.states);
  }
  if (!walked) throw new Error('a recurrent layer has no cell');
  return { ...walked, states: finals };
}

function withBatch([, ...sample]: KerasShape, batch: number): Shape {
  return [batch, ...sample.map((size) => size ?? 1)];
}

function weightsOf({ prefix }: BoundCell, weights: CallContext<unknown>['weights']): CallContext<unknown>['weights'] {
  if (prefix === '') return weights;
  const own = Object.entries(weights).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value]));
}

/** In the order of processing: backwards where the layer goes so. */
function outputOf(config: RecurrentConfig, { outputs, last }: Walked): Value {
  if (!config.return_sequences) return last;
  return swapBatchAndSteps(config.go_backwards ? reversed(outputs) : outputs);
}
