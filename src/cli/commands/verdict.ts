import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { namesPlan } from '../../core/verdict/armNames';
import type { Classes } from '../../core/verdict/runArm';
import type { VerdictEvent } from '../../core/verdict/records';
import { networkSize } from '../../core/training/networkSize';
import { openEngine } from '../../engine/openEngine';
import { openPlan, openPlannedModel, planInputs } from '../../node/jobs/planFile';
import { verdictJob } from '../../node/jobs/verdict';
import { requireReportName, writeVerdictReport } from '../../node/jobs/verdictReport';
import type { Terminal } from '../terminal';
import { type EngineTimeout, engineTimeoutOption, watched } from '../watched';
import { featureBudget, featureDiskOption, type FeatureFlags, featureMemoryOption } from '../featureOptions';
import type { CliCommand } from './command';

interface Options extends EngineTimeout, FeatureFlags {
  readonly pairs?: number;
  readonly arms: readonly string[];
  readonly classes: readonly Classes[];
  readonly tuneTransfer: boolean;
  readonly time: number;
  readonly report?: string;
}

/** Seconds that pairs may take where their number is not given. */
const TIME = 300;

export const verdictCommand: CliCommand = {
  register: (program, terminal) => {
    program.command('verdict').argument('<plan>', 'a .surgery.json file with a test set')
      .option('--pairs <number>', 'how many pairs; chosen by a measured estimate where left out', wholeNumber)
      .option('--arms <names>', 'two to compare, and others that are reported beside: transfer, scratch, feature, scratch-longer, or the file of another plan', names, ['transfer', 'scratch'])
      .option('--classes <pairs>', 'labels in place of the plan’s classes, a:b,c:d: one pair of labels for each pair of runs in turn', classPairs, [])
      .option('--tune-transfer', 'tune the learning rates of the transfer arm too, by the same budget', false)
      .option('--time <seconds>', 'that the pairs may take where their number is not given', wholeNumber, TIME)
      .addOption(engineTimeoutOption())
      .addOption(featureMemoryOption())
      .addOption(featureDiskOption())
      .option('--report <file>', 'write it as Markdown (.md, figures beside it) or as one page (.html)')
      .description('whether transfer beats a fairly tuned training from scratch, over seeds, samples and classes')
      .action((path: string, options: Options) => {
        const screen = terminal();
        return watched(screen, { ...options, after: 'the same command goes on from the pairs that are finished' }, () => judge(resolve(path), options, screen));
      });
  },
};

async function judge(path: string, { pairs, arms, classes, tuneTransfer, time, report, ...features }: Options, screen: Terminal): Promise<void> {
  if (report !== undefined) requireReportName(report);
  const plan = await openPlan(path);
  const others = Object.fromEntries(await Promise.all(arms.filter(namesPlan).map(async (name) => [name, await openPlan(resolve(name))] as const)));
  // Of the plan that is judged: all arms run on it.
  const engine = await openEngine(screen.engine, screen.log, networkSize((await openPlannedModel(plan)).model));
  try {
    const verdict = await verdictJob({
      plan, arms, others, classes, tuneTransfer, engine, pairs: pairs ?? null, timeBudget: time, signal: screen.signal, features: featureBudget(features), laneEntry: process.argv[1],
      onEvent: (event) => showProgress(event, screen),
    });
    if (report !== undefined) await writeVerdictReport(verdict, resolve(report), planInputs(plan));
    screen.result(verdict, () => verdict.sentence);
  } finally {
    await engine.dispose();
  }
}

function showProgress(event: VerdictEvent, { say, progress }: Terminal): void {
  switch (event.type) {
    case 'tuning': { progress(`tuning ${event.arm}: run ${event.run} of ${event.runs}`); return; }
    case 'tuned': { progress(`${event.tuning.name}: learning rate ${event.learningRates.join(', ')} chosen on validation data out of ${event.tuning.errors.length}`); return; }
    case 'estimate': { say(`${event.pairs} pairs${event.seconds === null ? '' : `, about ${Math.ceil(event.seconds)} s`}`); return; }
    case 'arm': { progress(`pair ${event.pair} of ${event.pairs}: ${event.arm}`); return; }
    case 'pair': return undefined;
  }
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('a whole number from 1 is expected');
  return Number(text);
}

function names(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}

/** `5:6` keeps the labels 5 and 6 and calls them 0 and 1; labels are numbers or words. */
function classPairs(text: string): Classes[] {
  return text.split(',').map((pair) => {
    const labels = pair.split(':').map((label) => label.trim());
    if (labels.length < 2 || new Set(labels).size < labels.length || labels.includes('')) {
      throw new InvalidArgumentError('different labels joined by colons are expected, such as 5:6,0:2 or cat:dog');
    }
    return Object.fromEntries(labels.map((label, index) => [label, index]));
  });
}
