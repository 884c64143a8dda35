import { checkPlanJob } from '../node/jobs/checkPlan';
import { describeData } from '../node/jobs/dataFiles';
import type { Handlers } from '../protocol/channel';
import type { WorkerCalls } from '../protocol/workerCalls';

/** What is asked while a plan is being written. */
export function dataCalls(): Pick<Handlers<WorkerCalls>, 'checkPlan' | 'describeData'> {
  return {
    checkPlan: ({ planPath, text }) => checkPlanJob(planPath, text),
    describeData: ({ path }) => describeData(path),
  };
}
