import { modelGraph } from '../core/inspect/modelGraph';
import type { Handlers } from '../protocol/channel';
import type { WorkerCalls } from '../protocol/workerCalls';
import type { OpenModels } from './openModels';

/** What is said of a model as edited. */
export function inspectCalls(models: OpenModels): Pick<Handlers<WorkerCalls>, 'inspect' | 'graph'> {
  return {
    inspect: (edited) => models.inspect(edited),
    graph: async (edited) => modelGraph((await models.open(edited)).model),
  };
}
