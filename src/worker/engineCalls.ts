import { networkSize } from '../core/training/networkSize';
import { reportEngines } from '../engine/openEngine';
import type { Handlers } from '../protocol/channel';
import type { WorkerCalls } from '../protocol/workerCalls';
import type { OpenModels } from './openModels';

/** Which engines run here, and which one a model is given to. */
export function engineCalls(models: OpenModels): Pick<Handlers<WorkerCalls>, 'engines'> {
  return { engines: async ({ engine, model }) => reportEngines(engine, model && networkSize((await models.open(model)).model)) };
}
