import { reportEngines } from '../engine/openEngine';
import type { Handlers } from '../protocol/channel';
import type { WorkerCalls } from '../protocol/workerCalls';

/** Which engines run here. */
export function engineCalls(): Pick<Handlers<WorkerCalls>, 'engines'> {
  return { engines: ({ engine }) => reportEngines(engine) };
}
