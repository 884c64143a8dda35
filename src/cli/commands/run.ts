import { resolve } from 'node:path';
import { SurgeryError } from '../../core/errors';
import { networkSize } from '../../core/training/networkSize';
import { timeCompiling } from '../../engine/compileTimes';
import { openEngine } from '../../engine/openEngine';
import { featureFolder, KeptFeatures } from '../../node/features/keptFeatures';
import { freshFolder } from '../../node/jobs/jobRecords';
import { openPlan, openPlannedModel, type OpenedPlan } from '../../node/jobs/planFile';
import { runPlanJob } from '../../node/jobs/runPlan';
import { showEvent } from '../showEvent';
import { type EngineTimeout, engineTimeoutOption, watched, wholeNumber } from '../watched';
import type { Terminal } from '../terminal';
import { featureBudget, featureDiskOption, type FeatureFlags, featureMemoryOption } from '../featureOptions';
import type { CliCommand } from './command';

interface RunFlags extends EngineTimeout, FeatureFlags {
  readonly out?: string;
  readonly seed?: number;
  readonly resume?: boolean;
  /** s */
  readonly checkpointEvery: number;
}

export const runCommand: CliCommand = {
  register: (program, terminal) => {
    program.command('run').argument('<plan>', 'a .surgery.json file').option('--out <folder>', 'for model.keras, best.keras and events.jsonl')
      .option('--seed <number>', 'instead of the plan’s', wholeNumber)
      .option('--resume', 'go on from the newest checkpoint in --out')
      .option('--checkpoint-every <seconds>', 'seconds between two checkpoints', wholeNumber, 10)
      .addOption(engineTimeoutOption())
      .addOption(featureMemoryOption())
      .addOption(featureDiskOption())
      .description('train through the phases of a plan')
      .action((path: string, flags: RunFlags) => {
        if (flags.resume === true && flags.out === undefined) throw new SurgeryError('usage', 'Only a run in a named folder can be resumed.', { expected: '--out with the folder of the run', received: '--resume alone' });
        const screen = terminal();
        return watched(screen, { ...flags, after: 'the newest checkpoint is kept, --resume goes on from it' }, () => run(resolve(path), flags, screen));
      });
  },
};

async function run(path: string, { out, seed, resume = false, checkpointEvery, ...features }: RunFlags, screen: Terminal): Promise<void> {
  const { engine: name, signal, log, line, say } = screen;
  const plan = withSeed(await openPlan(path), seed);
  // The library of the engine loads while the model's is compiled; what is wrong with the model is told first.
  const reading = openPlannedModel(plan);
  const opening = openEngine(name, log, reading.then((read) => networkSize(read.model)));
  opening.catch(() => undefined);
  const model = await reading;
  const { engine, times } = timeCompiling(await opening);
  try {
    const folder = out === undefined ? await freshFolder(plan) : resolve(out);
    const end = await runPlanJob({
      model, plan, engine, out: folder, signal, resume, features: new KeptFeatures(featureFolder(), featureBudget(features)),
      checkpointInterval: 1000 * checkpointEvery,
      onEvent: (event) => {
        if (event.type !== 'progress') line(event);
        showEvent(event, screen);
      },
    });
    const { programs, seconds } = times();
    say(`  compiling took ${seconds.toFixed(1)} s (${programs} programs)`);
    if (end.type === 'stopped') throw new SurgeryError('stopped', `The run was stopped: ${end.reason}`, { where: folder });
  } finally {
    await engine.dispose();
  }
}

function withSeed(opened: OpenedPlan, seed: number | undefined): OpenedPlan {
  return seed === undefined ? opened : { ...opened, plan: { ...opened.plan, seed } };
}
