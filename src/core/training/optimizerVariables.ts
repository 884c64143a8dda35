import { SurgeryError } from '../errors';
import type { OptimizerVariable } from '../model/model';
import { floatTensor } from '../model/tensor';
import type { Tensors } from '../ports';
import { decodeNumbers, encodeNumbers } from '../weights/decode';
import { groupCount, slotGroups, updatesOf } from './optimizers/averaging';
import type { Optimizer } from './optimizers/registry';
import { programNames } from './scene';
import type { ModelVariable } from './variables';

interface PlacedSlot {
  readonly slot: string;
  readonly shape: readonly number[];
  readonly variable: ModelVariable;
}

/** Group by group, in each group weight by weight, in each weight slot by slot: the order in which Keras creates them. */
function slotsInOrder(optimizer: Optimizer, trainable: readonly ModelVariable[]): PlacedSlot[] {
  const groups = trainable.map((variable) => ({ variable, slots: slotGroups(optimizer, { path: variable.path, shape: variable.weight.shape }) }));
  return Array.from({ length: groupCount(optimizer) }, (_, place) => place).flatMap((place) =>
    groups.flatMap(({ variable, slots }) => (slots[place] ?? []).map(({ name, shape }) => ({ slot: name, shape, variable }))));
}

/**
 * The optimizer's variables as Keras saves them: iteration (int64), learning rate (float32, absent with a schedule), slots, totals.
 * `states` holds at least the slots; `iteration` is the number of steps done.
 */
export function exportOptimizer(optimizer: Optimizer, trainable: readonly ModelVariable[], { states, iteration }: OptimizerState): OptimizerVariable[] {
  const { learningRate } = optimizer;
  const slots = slotsInOrder(optimizer, trainable).map(({ slot, shape, variable }): OptimizerVariable => {
    const tensor = states[programNames.slot(slot, variable.path)];
    return {
      name: `${variable.path.replaceAll('/', '_')}_${slot}`,
      shape,
      dtype: 'float32',
      bytes: encodeNumbers('float32', tensor.data),
    };
  });
  const totals = Object.entries(optimizer.rule.totals?.(updatesOf(optimizer, iteration)) ?? {}).map(([name, value]) => scalar(name, 'float32', value));
  return [...scalingVariables(optimizer, iteration), scalar('iteration', 'int64', iteration), ...(learningRate.constant ? [scalar('learning_rate', 'float32', learningRate.at(0))] : []), ...slots, ...totals];
}

function scalar(name: string, dtype: 'int64' | 'float32', value: number): OptimizerVariable {
  return { name, shape: [], dtype, bytes: encodeNumbers(dtype, [value]) };
}

/**
 * What a `LossScaleOptimizer` has of its own: counters that it never uses, the steps since its scale doubled, the scale. The scale
 * is a power of two times the first one, so that multiplying and dividing by it changes no float: no program computes with it.
 */
function scalingVariables({ scaling }: Optimizer, iteration: number): OptimizerVariable[] {
  if (!scaling) return [];
  const doubled = Math.min(Math.floor(iteration / scaling.growth), 100);
  return [
    scalar('iteration', 'int64', 0), scalar('learning_rate', 'float32', 0),
    scalar('step_counter', 'int64', iteration % scaling.growth), scalar('dynamic_scale', 'float32', scaling.initial * 2 ** doubled),
  ];
}

/** Steps done, and the slots as states of the step program. */
export interface OptimizerState {
  readonly states: Tensors;
  readonly iteration: number;
}

/**
 * The inverse of `exportOptimizer`, for training that goes on. The saved learning rate is not read: the settings say it.
 * Throws `weight-mismatch` where the variables are not those of this optimizer for these weights.
 */
export function importOptimizer(optimizer: Optimizer, trainable: readonly ModelVariable[], variables: readonly OptimizerVariable[]): OptimizerState {
  const slots = slotsInOrder(optimizer, trainable);
  const own = scalingVariables(optimizer, 0).length;
  const heading = own + (optimizer.learningRate.constant ? 2 : 1);
  const iteration = variables.at(own);
  // What Keras saves after the slots follows from the iteration.
  const count = heading + slots.length + Object.keys(optimizer.rule.totals?.(0) ?? {}).length;
  if (!iteration || variables.length !== count) {
    throw mismatch(`${count} variables`, `${variables.length}`, optimizer.className);
  }
  const states = slots.map(({ slot, shape, variable }, index) => {
    const saved = variables[heading + index];
    const [wanted, received] = [shape.join(', '), saved.shape.join(', ')];
    if (wanted !== received) throw mismatch(`[${wanted}]`, `[${received}]`, saved.name);
    return [programNames.slot(slot, variable.path), floatTensor(saved.shape, Float32Array.from(decodeNumbers(saved)))] as const;
  });
  return { states: Object.fromEntries(states), iteration: decodeNumbers(iteration)[0] };
}

function mismatch(expected: string, received: string, where: string): SurgeryError {
  return new SurgeryError('weight-mismatch', 'The saved optimizer variables are not those of this optimizer for these weights.', { expected, received, where });
}
