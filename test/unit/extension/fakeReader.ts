import { SurgeryError } from '../../../src/core/errors';
import type { Inspection, LayerInspection } from '../../../src/core/inspect/inspection';
import type { Plan } from '../../../src/core/plan/plan';
import type { ModelReader } from '../../../src/extension/document';
import type { EditedModel } from '../../../src/protocol/workerCalls';

/** A layer as `inspect` tells it. */
export function layer(path: string, more: Partial<LayerInspection> = {}): LayerInspection {
  const trainable = more.trainable ?? true;
  return { path, name: path.slice(path.lastIndexOf('/') + 1), class: 'Dense', outputShape: [null, 1], parameters: 2, trainable, effectiveTrainable: trainable,
    frozenBecause: trainable ? null : 'own flag', opaque: null, weights: [], ...more };
}

/** A worker's answers for a compiled model of three Dense layers, by the operations asked for. */
export function inspectionOf({ operations }: Pick<EditedModel, 'operations'>): Inspection {
  const flags = new Map([['a', true], ['b', true], ['head', true]]);
  for (const operation of operations) {
    if (operation.op === 'removeLayers') throw new SurgeryError('operation-refused', 'not here');
    if (operation.op !== 'setTrainable' || typeof operation.layers === 'string' || 'from' in operation.layers) continue;
    for (const path of operation.layers) flags.set(path, operation.trainable);
  }
  return { format: 'keras', kerasVersion: '3', name: 'm', class: 'Sequential', sha256: '', parameters: { total: 6, trainable: 6, frozen: 0 }, inputs: [], outputs: [],
    layers: [...flags].map(([path, trainable]) => layer(path, { trainable })), compile: { loss: 'mse', metrics: [], optimizer: 'sgd' }, problems: [], head: 'head' };
}

/** Answers `inspect` at the next turn, and keeps what was asked. */
export function fakeReader(): { readonly reader: ModelReader; readonly asked: EditedModel[] } {
  const asked: EditedModel[] = [];
  const ask = async (_name: string, value: EditedModel): Promise<Inspection> => {
    asked.push(value);
    await Promise.resolve();
    return inspectionOf(value);
  };
  return { reader: { ask }, asked };
}

/** The textbook's two phases. */
export const plan: Plan = {
  version: 1, model: 'm.keras', operations: [{ op: 'replaceHead', units: 1, activation: 'sigmoid' }],
  data: { train: { inputs: 'x.npy', targets: 'y.npy', take: 200 }, test: { inputs: { image: 'a.npz#x' }, targets: 'a.npz#y' } },
  compile: { loss: 'binary_crossentropy', metrics: ['accuracy'] },
  phases: [
    { name: 'phase 1', freeze: 'all but head', optimizer: { class_name: 'SGD', config: { learning_rate: 0.01 } }, epochs: 4, batchSize: 32 },
    { freeze: ['a', 'b', 'head'], optimizer: 'Adam', epochs: 16, batchSize: 32 },
  ],
};
