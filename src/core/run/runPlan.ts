import { SurgeryError, toErrorRecord } from '../errors';
import type { DataSets } from '../data/dataSet';
import type { CompileSettings, Model } from '../model/model';
import type { Plan } from '../plan/plan';
import type { Clock, Engine, Sha256 } from '../ports';
import { executionSettings } from '../formats/compileConfig';
import type { Prefix } from '../training/prefix';
import { exportOptimizer } from '../training/optimizerVariables';
import { programNames } from '../training/scene';
import { withWeights, withWeightsOf } from '../training/variables';
import { type Checkpoint, type CheckpointSink, type PhasePosition, trainedNumbers, withTrainedNumbers } from './checkpoint';
import { evaluateModel } from './evaluate';
import type { RunEventBody } from './events';
import { FeatureMemory } from './featureMemory';
import type { FeatureStore } from './features';
import { stillFalling } from './convergence';
import { flagModel, layersByFlag, type Phase, preparePhases } from './phase';
import { type AroundPhase, hashWeights, requireFrozenStill, writeReceipt } from './receipt';
import { type PhaseContext, type TrainedState, trainPhase } from './trainPhase';

export interface RunOptions {
  /** The plan's operations are applied. */
  readonly model: Model;
  readonly plan: Pick<Plan, 'compile' | 'phases'>;
  /** Which phases run, from 1; all where left out. */
  readonly phases?: readonly number[];
  readonly seed: { readonly initialization: number; readonly order: number; readonly sample: number };
  readonly data: DataSets;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly sha256: Sha256;
  /** Goes into the `start` event. */
  readonly source: { readonly plan: string | null; readonly model: { readonly path: string; readonly sha256: string } };
  /** The model's flags, head or settings are not those it was compiled with; true where left out. */
  readonly changedSinceCompile?: boolean;
  readonly notes?: readonly string[];
  readonly signal?: AbortSignal;
  /** Whether a frozen prefix may be computed once; default true. */
  readonly cachePrefix?: boolean;
  /** Where its outputs are kept, for other runs too; in memory and for this run alone where left out. */
  readonly features?: FeatureStore;
  /** How often the validation set is measured; default each epoch. The best weights are those of the lowest loss measured. */
  readonly validateEach?: 'epoch' | 'phase';
  /** Whether the best weights are kept beside the last ones; default true. It costs a copy of all weights for each epoch that is better. */
  readonly keepBest?: boolean;
  readonly checkpoints?: CheckpointSink;
  /** Goes on from here with no `start` event. It must be of a run with the same identity: see `runIdentity`. */
  readonly resume?: Checkpoint;
  readonly emit: (event: RunEventBody) => void;
}

export type LastEvent = Extract<RunEventBody, { type: 'result' | 'stopped' | 'failed' }>;

/** How a run ended. Both models carry the last phase's flags and compile settings; `best` its own weights. */
export interface RunOutcome {
  readonly last: Model;
  /** Of the lowest validation loss (training loss where there is no validation); null before the first epoch ended. */
  readonly best: Model | null;
  /** The event that was emitted last. */
  readonly end: LastEvent;
  /** What made it fail; the models are still good to keep. */
  readonly error?: SurgeryError;
}

/**
 * Runs the phases of a plan one after the other and says what happens by events: `start`, per phase `phase`, `progress`, `epoch`,
 * `receipt`, at last `result`, `stopped` or `failed`. Whatever is wrong with plan, model or data is thrown before `start`; what goes
 * wrong later ends in `failed`, with the weights of the last whole phase and the best so far. A stop is honoured at the next
 * batch. Same plan, seed, engine and machine give the same bytes.
 */
export async function runPlan(options: RunOptions): Promise<RunOutcome> {
  const numbers = options.phases ?? options.plan.phases.map((_, index) => index + 1);
  const phases = preparePhases(options.model, options.plan, { numbers, data: options.data });
  if (phases.length === 0) throw new SurgeryError('plan-invalid', 'The plan has no phase to run.', { expected: 'at least one phase', received: 'none', where: 'phases' });
  return new Run(options, phases).run();
}

interface Best {
  readonly phase: number;
  readonly epoch: number;
  readonly criterion: number;
  /** The phase's model, its trained numbers not yet in it where there is a state. */
  readonly model: Model;
  readonly state: TrainedState | null;
}

/** Where a run stands before it starts. */
const beginning: Checkpoint = { done: 0, begun: false, elapsed: 0, trained: { weights: {}, optimizerVariables: [] }, position: null, best: null };

class Run {
  private readonly started: number;
  private readonly features: FeatureStore;
  private model: Model;
  private current: Phase;
  private best: Best | undefined;
  /** Phases that have ended. */
  private done: number;
  private begun: boolean;
  /** Where the next phase goes on; undefined at its beginning. */
  private resume: PhasePosition | undefined;

  constructor(
    private readonly options: RunOptions,
    private readonly phases: readonly Phase[],
  ) {
    const { done, begun, elapsed, position, trained, best } = options.resume ?? beginning;
    this.started = options.clock.now() - elapsed;
    this.features = options.features ?? new FeatureMemory();
    this.done = done;
    this.begun = begun;
    this.resume = position ?? undefined;
    this.current = phases[Math.min(done, phases.length - 1)];
    this.model = done > 0 ? withTrainedNumbers(this.modelFor(phases[done - 1]), trained) : options.model;
    if (best) this.best = { ...best, model: withTrainedNumbers(this.modelFor(this.phaseOf(best.phase)), best), state: null };
  }

  /** The model that the run began with, compiled for a phase. */
  private modelFor(phase: Phase): Model {
    const { model, plan } = this.options;
    return compiledFor(flagModel(model, phase.plan, model), plan.compile, phase);
  }

  private phaseOf(number: number): Phase {
    const found = this.phases.find((phase) => phase.number === number);
    if (found) return found;
    throw new SurgeryError('resume-refused', 'The checkpoint is of a phase that this run does not have.', { received: String(number) });
  }

  async run(): Promise<RunOutcome> {
    if (!this.options.resume) this.emitStart();
    try {
      for (const phase of this.phases.slice(this.done)) {
        const stoppedIn = await this.runPhase(phase);
        if (stoppedIn !== null) return this.end({ type: 'stopped', reason: 'stopped by the user', phase: phase.number, epoch: stoppedIn });
      }
      return this.end(await this.result());
    } catch (thrown) {
      if (thrown instanceof SurgeryError && thrown.code === 'stopped') {
        if (!this.resume) await this.saveCheckpoint(null);
        return this.end({ type: 'stopped', reason: 'stopped by the user', phase: this.current.number, epoch: 0 });
      }
      const error = thrown instanceof SurgeryError ? thrown : new SurgeryError('internal', toErrorRecord(thrown).message, { cause: thrown });
      return this.end({ type: 'failed', error: error.toRecord() }, error);
    }
  }

  private emitStart(): void {
    const { source, engine, seed, data, notes = [], emit } = this.options;
    const sets = Object.entries(data) as [string, DataSets['train'] | undefined][];
    emit({
      type: 'start', ...source, engine: { name: engine.name, version: engine.version, ...(engine.why === undefined ? {} : { why: engine.why }) }, seed,
      samples: Object.fromEntries(sets.flatMap(([name, set]) => (set ? [[name, set.samples]] : []))),
      phases: this.phases.length, epochs: this.phases.reduce((sum, { plan }) => sum + plan.epochs, 0), notes,
    });
  }

  /** The epoch in which a stop came, or null. */
  private async runPhase(phase: Phase): Promise<number | null> {
    const { sha256, model } = this.options;
    this.current = phase;
    const before = compiledFor(flagModel(this.model, phase.plan, model), this.options.plan.compile, phase);
    this.model = before;
    const hashes = hashWeights(before, sha256);
    const end = await trainPhase(before, phase, this.context(before, phase));
    const after = withState(before, end.state);
    this.resume = undefined;
    if (end.stoppedIn === null) {
      this.finishPhase(phase, { before, hashes, after });
      this.pointOutFalling(phase, end.losses);
    }
    this.model = after;
    return end.stoppedIn;
  }

  private async saveCheckpoint(position: PhasePosition | null): Promise<void> {
    const { checkpoints, clock, model } = this.options;
    const { done, begun, best } = this;
    await checkpoints?.save({
      done, begun, position,
      elapsed: clock.now() - this.started,
      trained: trainedNumbers(model, this.model),
      best: best ? { phase: best.phase, epoch: best.epoch, criterion: best.criterion, ...trainedNumbers(model, trainedModel(best)) } : null,
    });
  }

  private finishPhase(phase: Phase, around: AroundPhase): void {
    const receipt = writeReceipt(phase.number, around, this.options.sha256);
    this.options.emit(receipt);
    requireFrozenStill(receipt);
    this.done += 1;
    this.begun = false;
  }

  /** Unfreezing while the head still learns lets its large gradients distort the base (Kumar et al. 2022). */
  private pointOutFalling(phase: Phase, losses: readonly number[]): void {
    const next = this.phases.at(this.done);
    const falling = stillFalling(losses);
    if (!next || falling === null) return;
    const frozen = (of: Phase): number => layersByFlag(this.modelFor(of)).frozen.length;
    if (frozen(next) >= frozen(phase)) return;
    this.options.emit({
      type: 'not-converged', phase: phase.number, epoch: losses.length, falling,
      message: `The loss of ${phase.name} fell by ${(100 * falling).toFixed(1)} % in its last epoch: ${next.name} unfreezes layers before the head has converged. More epochs, or "until": "head converged", let it.`,
    });
  }

  private context(model: Model, phase: Phase): PhaseContext {
    const { engine, clock, sha256, plan, seed, signal, cachePrefix = true, validateEach = 'epoch', keepBest = true, emit } = this.options;
    return {
      engine, clock, sha256, signal, emit, validateEach, features: this.features,
      objective: plan.compile,
      seed: seed.order,
      cache: cachePrefix,
      resume: this.resume,
      begin: (prefix) => {
        if (!this.begun) emit(this.phaseEvent(model, phase, prefix));
        this.begun = true;
      },
      checkpoint: async (position, stopped) => {
        this.resume = undefined;
        if (stopped || this.options.checkpoints?.due()) await this.saveCheckpoint(await position());
      },
      keep: async (epoch, criterion, state) => {
        if (!keepBest) return;
        // A loss that is no number is worse than any.
        if (this.best && !(criterion < this.best.criterion) && !Number.isNaN(this.best.criterion)) return;
        this.best = { phase: phase.number, epoch, criterion, model, state: await state() };
      },
    };
  }

  private phaseEvent(model: Model, phase: Phase, prefix: Prefix): RunEventBody {
    const first = phase === this.phases[0];
    return {
      type: 'phase', phase: phase.number, name: phase.name, ...layersByFlag(model),
      optimizer: phase.plan.optimizer, epochs: phase.plan.epochs,
      recompiled: first ? (this.options.changedSinceCompile ?? true) : true,
      cachedPrefix: prefix.layers, cacheEnds: prefix.ends,
    };
  }

  private async result(): Promise<LastEvent> {
    const { data, engine, clock, plan, signal } = this.options;
    const { test } = data;
    const measured = test && (await evaluateModel(this.model, test, plan.compile, { engine, clock, ...(signal ? { signal } : {}) }));
    return {
      type: 'result',
      test: measured ? { loss: measured.loss, ...measured.metrics } : null,
      samples: test?.samples ?? 0,
      seconds: (clock.now() - this.started) / 1000,
      best: this.best ? { phase: this.best.phase, epoch: this.best.epoch } : null,
    };
  }

  private end(end: LastEvent, error?: SurgeryError): RunOutcome {
    this.options.emit(end);
    return { last: this.model, best: this.bestModel(), end, ...(error ? { error } : {}) };
  }

  /** Optimizer slots of an earlier phase would not fit the flags of the last one. */
  private bestModel(): Model | null {
    if (!this.best) return null;
    const trained = trainedModel(this.best);
    const sameFlags = this.best.phase === this.current.number;
    return sameFlags ? trained : { ...withWeightsOf(this.model, trained), optimizerVariables: [] };
  }
}

/** The model as it is compiled for a phase: no steps done yet. */
function compiledFor(model: Model, settings: Plan['compile'], { plan }: Phase): Model {
  const compile: CompileSettings = { ...settings, optimizer: plan.optimizer };
  return { ...model, compile, compileConfig: executionSettings(model.compileConfig), optimizerVariables: [] };
}

function trainedModel({ model, state }: Best): Model {
  return state ? withState(model, state) : model;
}

/** The model with what a phase left in its variables and in its optimizer's. */
function withState(model: Model, state: TrainedState): Model {
  const { program, states } = state;
  const tensors = Object.fromEntries(program.live.map((path) => [path, states[programNames.weight(path)]]));
  return { ...withWeights(model, tensors), optimizerVariables: exportOptimizer(program.optimizer, program.trainable, state) };
}
