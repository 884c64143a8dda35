import { namesPlan } from '../core/verdict/armNames';
import type { Log } from '../core/ports';
import { defaultFeatureBudget } from '../core/run/features';
import { annotateRunJob, readLedgerJob } from '../node/jobs/ledger';
import { openPlan, openPlannedModel, planInputs, type OpenedPlan } from '../node/jobs/planFile';
import { suggestFreezeJob } from '../node/jobs/suggestFreeze';
import { verdictJob } from '../node/jobs/verdict';
import { writeVerdictReport } from '../node/jobs/verdictReport';
import type { Handlers } from '../protocol/channel';
import type { WorkerCalls } from '../protocol/workerCalls';
import type { OpenModels } from './openModels';
import { planOf, withEngine } from './runCalls';
import type { Tell } from './serve';

type VerdictCall = 'verdict' | 'verdictReport' | 'ledger' | 'annotateRun' | 'suggestFreeze';

/** What is compared, remembered and proposed. */
export function verdictCalls(models: OpenModels, tell: Tell): Pick<Handlers<WorkerCalls>, VerdictCall> {
  const log: Log = { write: (level, message) => tell('log', { level, message }) };
  return {
    verdict: async ({ planPath, plan: given, arms, engine: name, features = defaultFeatureBudget, ...asked }, signal) => {
      const plan = await planOf(planPath, given);
      const others: Record<string, OpenedPlan> = {};
      for (const arm of arms.filter(namesPlan)) others[arm] = await openPlan(arm);
      const { model } = await openPlannedModel(plan);
      return withEngine({ name, log, model }, (engine) =>
        verdictJob({ ...asked, plan, arms, others, engine, features, signal, laneEntry: process.argv[1], onEvent: (event) => tell('verdict', event) }));
    },
    verdictReport: async ({ verdict, planPath, out }) => writeVerdictReport(verdict, out, planInputs(await openPlan(planPath))),
    ledger: ({ planPath }) => readLedgerJob(planPath),
    annotateRun: ({ planPath, about, note }) => annotateRunJob(planPath, { about, note }),
    suggestFreeze: async ({ planPath, plan: given, model: edited, engine: name }, signal) => {
      const plan = await planOf(planPath, given);
      const { model } = await models.open(edited);
      return withEngine({ name, log, model }, (engine) => suggestFreezeJob({ model, plan, engine, signal }));
    },
  };
}
