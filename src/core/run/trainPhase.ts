import { SurgeryError } from '../errors';
import type { Model } from '../model/model';
import type { Clock, CompiledProgram, Engine, Sha256, Tensors } from '../ports';
import type { Prefix } from '../training/prefix';
import { AVERAGE, stepRates } from '../training/optimizers/averaging';
import { RandomStream } from '../training/random';
import { programNames } from '../training/scene';
import { floatTensor } from '../model/tensor';
import { buildEvaluationProgram, buildStepProgram, movablePaths, type StepProgram } from '../training/step';
import type { ObjectiveSettings } from '../training/objective';
import { modelVariables } from '../training/variables';
import { decodeWeight } from '../weights/decode';
import { BatchRoom, type FedSet, feedSet, fileOrder, gatherBatch, splitBatches } from './batches';
import { type PrefixCache, withCaches } from './phaseCaches';
import { measureSet, type Measuring, withCompiled } from './evaluate';
import { convergenceOf, hasConverged } from './convergence';
import type { Evaluation, RunEventBody } from './events';
import type { PhasePosition } from './checkpoint';
import type { FeatureStore } from './features';
import { Averages, drawRandoms, Pacer, runSteps } from './loop';
import type { Phase } from './phase';

/** ms between two `progress` events */
const PROGRESS_INTERVAL = 100;

export interface PhaseContext {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly objective: ObjectiveSettings;
  /** Seed of order and dropout. */
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
  /** Whether a frozen prefix may be computed once; only tests say no. */
  readonly cache: boolean;
  /** Where a frozen prefix's outputs are kept. */
  readonly features: FeatureStore;
  readonly sha256: Sha256;
  readonly validateEach: 'epoch' | 'phase';
  readonly emit: (event: RunEventBody) => void;
  /** Called once the prefix is chosen, before anything is computed. */
  readonly begin: (prefix: Prefix) => void;
  /** Called at the end of each epoch with the criterion (validation loss, else training loss). */
  readonly keep: (epoch: number, criterion: number, state: () => Promise<TrainedState>) => Promise<void>;
  /** Where the phase goes on; from its beginning where left out. */
  readonly resume: PhasePosition | undefined;
  /** Called between two batches, and with `stopped` where a stop came. */
  readonly checkpoint: (position: () => Promise<PhasePosition>, stopped: boolean) => Promise<void>;
}

/** States of the step program (movable weights and slots) after some steps of a phase. */
export interface TrainedState {
  readonly states: Tensors;
  /** Steps done in this phase. */
  readonly iteration: number;
  readonly program: StepProgram;
}

export interface PhaseEnd {
  readonly state: TrainedState;
  /** Epoch in which a stop came; null where the phase ended by itself. */
  readonly stoppedIn: number | null;
  /** Of each whole epoch, of validation where it was measured. */
  readonly losses: readonly number[];
}

/** Trains one phase; the model has its flags. Throws `not-finite` where a loss is, and what the engine throws. */
export async function trainPhase(model: Model, phase: Phase, context: PhaseContext): Promise<PhaseEnd> {
  const { train, validation } = phase;
  const pacer = new Pacer(context.clock, context.signal);
  return withCaches({ model, phase, context, pacer }, async ({ prefix, ...caches }) => {
    const needless = new Set(prefix.needless);
    const fed = feedSet(model, { set: train, cached: caches.train.tensors, needless });
    const fedValidation = validation && feedSet(model, { set: validation, cached: caches.validation.tensors, needless });
    return trainFed({ model, phase, context, pacer }, { fed, cache: caches.train }, fedValidation);
  });
}

export interface Trained {
  readonly model: Model;
  readonly phase: Phase;
  readonly context: PhaseContext;
  readonly pacer: Pacer;
}

interface TrainingData {
  readonly fed: FedSet;
  readonly cache: PrefixCache;
}

async function trainFed(trained: Trained, data: TrainingData, fedValidation: FedSet | undefined): Promise<PhaseEnd> {
  const { model, phase, context } = trained;
  const { engine, objective } = context;
  const program = buildStepProgram(model, { objective, optimizer: phase.optimizer, shapes: data.fed.shapes });
  return withCompiled(engine, program.program, async (compiled) => {
    const { resume } = context;
    compiled.writeState(resume?.states ?? initialStates(model, program));
    if (resume?.exact) compiled.exactState?.write(resume.exact);
    const trainer = new Trainer(trained, { ...data, compiled, program });
    if (!fedValidation) return trainer.run(undefined);
    const evaluation = buildEvaluationProgram(model, { objective, shapes: fedValidation.shapes }, movablePaths(model));
    return withCompiled(engine, evaluation.program, (measuring) => trainer.run({ compiled: measuring, program: evaluation, fed: fedValidation }));
  });
}

/** The model's numbers for its movable weights, and what each slot holds before the first step. */
function initialStates(model: Model, { program, live, optimizer, trainable }: StepProgram): Tensors {
  const wanted = new Set(live);
  const weights = modelVariables(model).filter(({ path }) => wanted.has(path)).map(({ path, weight }) => [programNames.weight(path), decodeWeight(weight)] as const);
  const known = new Set(weights.map(([name]) => name));
  const starts = new Map(Object.entries(optimizer.rule.initial ?? {}).flatMap(([slot, start]) => trainable.map(({ path }) => [programNames.slot(slot, path), start] as const)));
  const copies = new Map((optimizer.rule.startAsWeight ?? []).flatMap((slot) => trainable.map(({ path, weight }) => [programNames.slot(slot, path), weight] as const)));
  const slots = program.states.filter(({ name }) => !known.has(name)).map(({ name, value }) => {
    const copied = copies.get(name);
    if (copied) return [name, decodeWeight(copied)] as const;
    const { shape } = program.values[value];
    return [name, floatTensor(shape, new Float32Array(shape.reduce((size, dim) => size * dim, 1)).fill(starts.get(name) ?? 0))] as const;
  });
  return Object.fromEntries([...weights, ...slots]);
}

/** With `use_ema` the moving averages take the weights' place when a training ends, as at the end of Keras' `fit`. */
function withAverages(state: TrainedState): TrainedState {
  const { program, states } = state;
  if (!program.optimizer.average) return state;
  const live = new Set(program.live);
  const averages = program.trainable.filter(({ path }) => live.has(path)).map(({ path }) => [programNames.weight(path), states[programNames.slot(AVERAGE, path)]] as const);
  return { ...state, states: { ...states, ...Object.fromEntries(averages) } };
}

interface Validation extends Measuring {
  readonly fed: FedSet;
}

interface Training extends TrainingData {
  readonly compiled: CompiledProgram;
  readonly program: StepProgram;
}

/** The epochs of one phase. */
class Trainer {
  private readonly order: RandomStream;
  private readonly randoms: RandomStream;
  private readonly room = new BatchRoom();
  private readonly pacer: Pacer;
  private readonly phase: Phase;
  private readonly context: PhaseContext;
  private readonly losses: number[];
  private iteration: number;
  private progressed: number;
  /** Where the epoch on its way stands, without the states. */
  private position: Omit<PhasePosition, 'states' | 'exact'> | undefined;

  constructor(
    { phase, context, pacer }: Trained,
    private readonly training: Training,
  ) {
    this.phase = phase;
    this.context = context;
    this.pacer = pacer;
    const { resume } = context;
    this.order = new RandomStream(context.seed, `order of phase ${phase.number}`, resume?.order);
    this.randoms = new RandomStream(context.seed, `masks of phase ${phase.number}`, resume?.masks);
    this.iteration = resume?.iteration ?? 0;
    this.losses = [...(resume?.losses ?? [])];
    this.progressed = context.clock.now();
  }

  async run(validation: Validation | undefined): Promise<PhaseEnd> {
    const { plan, number } = this.phase;
    const waitsFor = convergenceOf(plan);
    const first = this.context.resume?.epoch ?? 1;
    for (let epoch = first; epoch <= plan.epochs; epoch++) {
      const ended = await this.runEpoch(epoch, validation);
      if (!ended) {
        await this.context.checkpoint(() => this.readPosition(), true);
        return { state: withAverages(await this.readState()), stoppedIn: epoch, losses: this.losses };
      }
      if (!waitsFor || !hasConverged(this.losses, waitsFor)) continue;
      this.context.emit({ type: 'converged', phase: number, epoch, loss: this.losses[this.losses.length - 1] });
      break;
    }
    return { state: withAverages(await this.readState()), stoppedIn: null, losses: this.losses };
  }

  private validatesIn(epoch: number): boolean {
    const { plan } = this.phase;
    return this.context.validateEach === 'epoch' || plan.until !== undefined || epoch === plan.epochs;
  }

  /** False where a stop came before its end. */
  private async runEpoch(epoch: number, validation: Validation | undefined): Promise<boolean> {
    const started = this.context.clock.now();
    const trained = await this.trainEpoch(epoch);
    if (!trained) return false;
    const measuring = this.validatesIn(epoch) ? validation : undefined;
    const validated = measuring && (await this.validate(measuring));
    if (measuring && !validated) return false;
    this.losses.push((validated ?? trained).loss);
    const { number, optimizer } = this.phase;
    this.context.emit({
      type: 'epoch', phase: number, epoch, loss: trained.loss, metrics: trained.metrics,
      validation: validated ? { loss: validated.loss, ...validated.metrics } : null,
      learningRate: optimizer.learningRate.at(this.iteration - 1),
      seconds: (this.context.clock.now() - started) / 1000,
    });
    await this.context.keep(epoch, (validated ?? trained).loss, () => this.readState());
    return true;
  }

  private async trainEpoch(epoch: number): Promise<Evaluation | undefined> {
    const { fed, compiled, program } = this.training;
    const { resume, checkpoint } = this.context;
    const from = resume?.epoch === epoch ? resume : undefined;
    const order = this.order.position;
    const batches = splitBatches(this.epochOrder(), this.phase.plan.batchSize);
    const averages = new Averages(program, from?.averages);
    const stand = (step: number): void => {
      this.position = { epoch, step, iteration: this.iteration, order, masks: this.randoms.position, averages: averages.sums(), losses: [...this.losses] };
    };
    stand(from?.step ?? 0);
    const tail = await this.shortTail(batches);
    const done = await runSteps(compiled, {
      count: batches.length,
      begin: () => this.room.empty(),
      first: from?.step ?? 0,
      make: (step) => ({ ...this.feed(batches[step]), ...(step === batches.length - 1 ? tail : {}) }),
      take: (outputs, step) => {
        const loss = averages.add(outputs, batches[step].length);
        this.requireFinite(loss, epoch, step);
        this.report(epoch, { step: step + 1, steps: batches.length }, averages);
      },
      between: async (step) => {
        stand(step);
        await checkpoint(() => this.readPosition(), false);
      },
    }, this.pacer);
    return done < batches.length || fed.samples === 0 ? undefined : averages.result();
  }

  /** Cached tensors of a last batch that is shorter than those in which they were computed. */
  private async shortTail(batches: readonly Int32Array[]): Promise<Tensors> {
    const last = batches[batches.length - 1];
    const computed = (this.phase.plan.shuffle ?? true) && last.length < batches[0].length;
    return computed ? this.training.cache.again(last) : {};
  }

  private epochOrder(): Int32Array {
    const { samples } = this.training.fed;
    return (this.phase.plan.shuffle ?? true) ? this.order.permutation(samples) : fileOrder(samples);
  }

  /** Steps are made in the order in which they run, so that random numbers and iterations count up. */
  private feed(indices: Int32Array): Tensors {
    const { fed, program } = this.training;
    const rates = Object.entries(stepRates(this.phase.optimizer, this.iteration));
    this.iteration += 1;
    return {
      ...gatherBatch(fed, indices, this.room),
      ...drawRandoms(program, indices.length, this.randoms),
      ...Object.fromEntries(rates.map(([name, rate]) => [programNames.rate(name), floatTensor([], Float32Array.of(rate))])),
    };
  }

  private requireFinite(loss: number, epoch: number, step: number): void {
    if (Number.isFinite(loss)) return;
    throw new SurgeryError('not-finite', 'The training loss is not a finite number any more.', {
      expected: 'a finite loss; a lower learning rate, or inputs without NaN and of moderate size, may give one',
      received: String(loss),
      where: `phase ${this.phase.number}, epoch ${epoch}, step ${step + 1}`,
    });
  }

  private report(epoch: number, at: { readonly step: number; readonly steps: number }, averages: Averages): void {
    const now = this.context.clock.now();
    if (now - this.progressed < PROGRESS_INTERVAL) return;
    this.progressed = now;
    this.context.emit({ type: 'progress', phase: this.phase.number, epoch, ...at, loss: averages.result().loss });
  }

  /** Undefined where a stop came. */
  private async validate(validation: Validation): Promise<Evaluation | undefined> {
    const names = validation.program.live.map(programNames.weight);
    validation.compiled.writeState(await this.training.compiled.readState(names));
    try {
      return await measureSet(validation, validation.fed, this.phase.plan.batchSize, this.pacer);
    } catch (thrown) {
      if (thrown instanceof SurgeryError && thrown.code === 'stopped') return undefined;
      throw thrown;
    }
  }

  private async readPosition(): Promise<PhasePosition> {
    if (!this.position) throw new Error('a phase stands nowhere before its first epoch');
    const { compiled } = this.training;
    const exact = compiled.exactState?.read();
    return { ...this.position, states: await compiled.readState(), ...(exact ? { exact } : {}) };
  }

  private async readState(): Promise<TrainedState> {
    const { compiled, program } = this.training;
    return { states: await compiled.readState(), iteration: this.iteration, program };
  }
}
