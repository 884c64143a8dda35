import { SurgeryError } from '../core/errors';
import { diffModels, differenceSlice, differenceStatistics } from '../core/inspect/diffModels';
import type { Model, Weight } from '../core/model/model';
import { findLayer } from '../core/surgery/edit';
import { proposeTransplant } from '../core/surgery/transplantWeights';
import { surgeryContext } from '../node/jobs/openModel';
import type { Handlers } from '../protocol/channel';
import type { ModelPair, WorkerCalls } from '../protocol/workerCalls';
import type { OpenModels } from './openModels';

type CompareCalls = Pick<Handlers<WorkerCalls>, 'diff' | 'diffWeight' | 'diffSlice' | 'proposeTransplant'>;

/** What two models have to do with each other. */
export function compareCalls(models: OpenModels): CompareCalls {
  const open = async ({ a, b }: ModelPair): Promise<readonly [Model, Model]> => [(await models.open(a)).model, (await models.open(b)).model];
  const sameShape = async ({ layer, weight, ...pair }: WorkerCalls['diffWeight']['ask']): Promise<readonly [Weight, Weight]> => {
    const [one, other] = (await open(pair)).map((model) => weightNamed(model, layer, weight));
    if (JSON.stringify(one.shape) === JSON.stringify(other.shape)) return [one, other];
    throw new SurgeryError('shape-mismatch', 'The weights have other shapes.', { expected: `[${one.shape.join(', ')}]`, received: `[${other.shape.join(', ')}]`, where: `${layer}/${weight}` });
  };
  return {
    diff: async (asked) => diffModels(...(await open(asked))),
    diffWeight: async (asked) => differenceStatistics(...(await sameShape(asked))),
    diffSlice: async ({ axes, index, most, ...asked }) => differenceSlice(...(await sameShape(asked)), { axes, index, most }),
    proposeTransplant: async ({ from, ...edited }) => {
      const opened = await models.open(edited);
      const other = await surgeryContext(opened, edited).readWeights?.(from);
      return other ? proposeTransplant(opened.model, other) : [];
    },
  };
}

function weightNamed(model: Model, layer: string, name: string): Weight {
  const { weights } = findLayer(model, layer).layer;
  const found = weights.find((weight) => weight.name === name);
  if (found) return found;
  throw new SurgeryError('usage', 'The layer has no such weight.', { expected: weights.map((weight) => weight.name).join(', ') || 'a layer with weights', received: name, where: layer });
}
