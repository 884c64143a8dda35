import { weightStatistics } from '../core/weights/statistics';
import { sliceWeight } from '../core/weights/slice';
import { findLayer } from '../core/surgery/edit';
import { SurgeryError } from '../core/errors';
import type { Handlers } from '../protocol/channel';
import type { WorkerCalls } from '../protocol/workerCalls';
import type { OpenModels } from './openModels';

/** Numbers about weights; no whole weight leaves this process. */
export function weightCalls(models: OpenModels): Pick<Handlers<WorkerCalls>, 'weights' | 'weightSlice'> {
  return {
    weights: async ({ layer, ...edited }) => {
      const { model } = await models.open(edited);
      return findLayer(model, layer).layer.weights.map(weightStatistics);
    },
    weightSlice: async ({ layer, weight: index, axes, index: held, most, ...edited }) => {
      const { model } = await models.open(edited);
      const { weights } = findLayer(model, layer).layer;
      const weight = weights.at(index);
      if (!weight) throw new SurgeryError('usage', 'The layer has no such weight.', { expected: `a number below ${weights.length}`, received: String(index), where: layer });
      return sliceWeight(weight, { axes, index: held, most });
    },
  };
}
