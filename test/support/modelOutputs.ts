import { buildForward } from '../../src/core/layers/forward';
import type { Model } from '../../src/core/model/model';
import type { NumericTensor } from '../../src/core/ops/definition';
import { Graph, type Value } from '../../src/core/ops/graph';
import { BATCH } from '../../src/core/ops/shape';
import { decodeNumbers } from '../../src/core/weights/decode';
import { interpret } from '../../src/engine/reference/interpreter';

/** What a model gives for one batch in inference, in float64, in the order of its outputs. */
export function modelOutputs(model: Model, batch: readonly NumericTensor[]): NumericTensor[] {
  const graph = new Graph();
  const feeds = new Map<number, NumericTensor>();
  const feed = (name: string, tensor: NumericTensor, shape: readonly number[]): Value => {
    const value = graph.input(name, { shape, dtype: 'float32' });
    feeds.set(value.id, tensor);
    return value;
  };
  const inputs = Object.fromEntries(model.root.network.inputs.map(({ name }, index) => {
    const tensor = batch[index];
    return [name, feed(`input ${index}`, tensor, [BATCH, ...tensor.shape.slice(1)])];
  }));
  const { outputs } = buildForward(model, {
    inputs,
    training: false,
    weight: (path, weight) => feed(path, { shape: weight.shape, data: Float64Array.from(decodeNumbers(weight)) }, weight.shape),
    isTrainable: () => true,
    random: () => { throw new Error('inference draws nothing'); },
    update: () => undefined,
    addLoss: () => undefined,
  });
  const values = model.root.network.outputs.map(({ name }) => outputs[name]);
  values.forEach((value, index) => graph.output(`output ${index}`, value));
  const program = graph.finish();
  graph.constants.forEach(({ shape, data }, id) => feeds.set(id, { shape, data: Float64Array.from(data) }));
  const lookup = interpret(program, feeds, batch[0].shape[0]);
  return values.map(({ id }) => lookup(id));
}
