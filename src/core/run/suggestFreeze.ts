import type { DataSet } from '../data/dataSet';
import { SurgeryError } from '../errors';
import type { Model } from '../model/model';
import type { Clock, Engine, Tensors } from '../ports';
import { applyFreeze } from '../surgery/flags';
import { headPaths } from '../surgery/head';
import type { ObjectiveSettings } from '../training/objective';
import { RandomStream } from '../training/random';
import { programNames } from '../training/scene';
import { buildGradientProgram, gradientNames, type GradientProgram } from '../training/step';
import { modelVariables } from '../training/variables';
import { decodeWeight } from '../weights/decode';
import { feedSet, gatherBatch, splitBatches } from './batches';
import { checkTargets } from './checkTargets';
import { withCompiled } from './evaluate';
import { drawRandoms, Pacer, runSteps } from './loop';
import { type FreezeSuggestion, type MeasuredPull, proposeFreeze } from './proposeFreeze';

/** Batches of the one pass; more of them change little. */
const MOST_BATCHES = 16;

export interface SuggestOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly objective: ObjectiveSettings;
  readonly batchSize: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

/**
 * Proposes what to freeze from one pass of gradients over (a part of) the training set, with everything unfrozen: a layer whose
 * gradient is small against its weights fits the new data already (surgical fine-tuning, Lee et al. 2023). Nothing is trained.
 * Throws `stopped`, and what a run throws for a wrong model or data.
 */
export async function suggestFreeze(model: Model, set: DataSet, options: SuggestOptions): Promise<FreezeSuggestion> {
  const open = applyFreeze(model, []);
  const fed = feedSet(open, { set });
  const program = buildGradientProgram(open, { objective: options.objective, shapes: fed.shapes });
  checkTargets(set, program.lossKinds);
  const order = new RandomStream(options.seed, 'suggest/order').permutation(set.samples);
  const batches = splitBatches(order, options.batchSize).slice(0, MOST_BATCHES);
  const pulls = new Map<string, Pull>();
  await withCompiled(options.engine, program.program, async (compiled) => {
    compiled.writeState(weightStates(open, program));
    const masks = new RandomStream(options.seed, 'suggest/masks');
    const done = await runSteps(compiled, {
      count: batches.length,
      make: (step) => ({ ...gatherBatch(fed, batches[step]), ...drawRandoms(program, batches[step].length, masks) }),
      take: (outputs) => addPulls(pulls, program, outputs),
    }, new Pacer(options.clock, options.signal));
    if (done < batches.length) throw new SurgeryError('stopped', 'The computation was stopped.');
  });
  return proposeFreeze(measuredPulls(model, pulls, batches.length), batches.reduce((sum, batch) => sum + batch.length, 0));
}

function weightStates(model: Model, { program }: GradientProgram): Tensors {
  const wanted = new Set(program.states.map(({ name }) => name));
  return Object.fromEntries(modelVariables(model).flatMap(({ path, weight }) => {
    const name = programNames.weight(path);
    return wanted.has(name) ? [[name, decodeWeight(weight)] as const] : [];
  }));
}

/** Sums over the batches. */
interface Pull {
  relative: number;
  gradient: number;
  weight: number;
}

function addPulls(pulls: Map<string, Pull>, { paths }: GradientProgram, outputs: Tensors): void {
  const squares = new Map<string, { gradient: number; weight: number }>();
  for (const path of paths) {
    const layer = path.slice(0, path.lastIndexOf('/'));
    const sums = squares.get(layer) ?? { gradient: 0, weight: 0 };
    sums.gradient += outputs[gradientNames.gradient(path)].data[0];
    sums.weight += outputs[gradientNames.weight(path)].data[0];
    squares.set(layer, sums);
  }
  for (const [layer, sums] of squares) {
    const [gradient, weight] = [Math.sqrt(sums.gradient), Math.sqrt(sums.weight)];
    const pull = pulls.get(layer) ?? { relative: 0, gradient: 0, weight: 0 };
    pulls.set(layer, { relative: pull.relative + (weight === 0 ? 0 : gradient / weight), gradient: pull.gradient + gradient, weight: pull.weight + weight });
  }
}

function measuredPulls(model: Model, pulls: ReadonlyMap<string, Pull>, batches: number): MeasuredPull[] {
  const heads = headPaths(model);
  const isHead = (path: string): boolean => heads.some((head) => path === head || path.startsWith(`${head}/`));
  return [...pulls].map(([path, { relative, gradient, weight }]) => ({
    path, relativeGradient: relative / batches, gradientNorm: gradient / batches, weightNorm: weight / batches, isHead: isHead(path),
  }));
}
