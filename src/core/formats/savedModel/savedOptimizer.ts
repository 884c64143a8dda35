import { isEffectivelyTrainable, walkLayers, type Model, type OptimizerVariable, type Weight } from '../../model/model';
import { describedTensor } from '../storedTensor';
import type { TensorBundle } from './bundle';
import type { CheckpointObject, ObjectGraph } from './objectGraph';

interface Source {
  readonly graph: ObjectGraph;
  readonly bundle: TensorBundle;
  readonly filled: { readonly objects: ReadonlyMap<Weight, number> };
}

/** The optimizer's variables as an `.h5` of Keras 2 lists them: the step count, then slots with the slot's word in their names. */
export async function optimizerIn(model: Model, source: Source): Promise<readonly OptimizerVariable[]> {
  const { graph } = source;
  const optimizer = graph.child(graph.root, 'optimizer');
  if (!optimizer) return [];
  const steps = graph.child(optimizer, '_iterations') ?? graph.child(optimizer, 'iter');
  if (!steps?.variable) return [];
  const iteration = await read(source, steps, 'iteration');
  const list = graph.child(optimizer, '_variables');
  return [iteration, ...(list ? await listed(source, list, steps.id) : await slotted(source, optimizer, trainableObjects(model, source)))];
}

/** The optimizers since Keras 2.11 keep all they have in one list; the step count may be its first. */
async function listed(source: Source, list: CheckpointObject, iteration: number): Promise<OptimizerVariable[]> {
  const { graph } = source;
  const items = [...list.children].filter(([name, id]) => /^\d+$/.test(name) && id !== iteration).sort(([a], [b]) => Number(a) - Number(b));
  const variables: OptimizerVariable[] = [];
  for (const [, id] of items) {
    const object = graph.at(id);
    if (object.variable) variables.push(await read(source, object, object.variable.name));
  }
  return variables;
}

/** Those before keep a slot for a variable: one slot for all weights after the other. */
async function slotted(source: Source, { slots }: CheckpointObject, weights: readonly number[]): Promise<OptimizerVariable[]> {
  const variables: OptimizerVariable[] = [];
  for (const word of new Set(slots.map(({ name }) => name))) {
    for (const id of weights) {
      const slot = slots.find(({ name, of }) => name === word && of === id);
      if (slot) variables.push(await read(source, source.graph.at(slot.slot), `optimizer/weight/${word}`));
    }
  }
  return variables;
}

function trainableObjects(model: Model, { filled }: Source): number[] {
  const weights = [...walkLayers(model)].filter(isEffectivelyTrainable).flatMap(({ layer }) => layer.weights.filter(({ trainable }) => trainable));
  return weights.flatMap((weight) => filled.objects.get(weight) ?? []);
}

async function read({ bundle }: Source, { variable }: CheckpointObject, name: string): Promise<OptimizerVariable> {
  return describedTensor({ name }, await bundle.tensor(variable?.key ?? ''));
}
