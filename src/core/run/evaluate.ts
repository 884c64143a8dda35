import type { DataSet } from '../data/dataSet';
import type { Model } from '../model/model';
import { floatTensor, sizeOf, type Tensor } from '../model/tensor';
import type { Clock, CompiledProgram, Engine, Tensors } from '../ports';
import type { Program } from '../ops/program';
import type { ObjectiveSettings } from '../training/objective';
import { buildEvaluationProgram, buildPredictProgram, type MeasuringProgram } from '../training/step';
import { SurgeryError } from '../errors';
import { type FedSet, feedSet, fileOrder, gatherBatch, splitBatches } from './batches';
import { checkTargets } from './checkTargets';
import type { Evaluation } from './events';
import { Averages, Pacer, runSteps } from './loop';

/** What evaluation and prediction need beside model and data. */
export interface EvaluateOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  /** default 32, as in Keras */
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
}

/**
 * Loss and metrics of a data set, as Keras' `evaluate`. Throws `data-mismatch`, `config-invalid`, `unsupported`, what the engine
 * throws, and `stopped`.
 */
export async function evaluateModel(model: Model, set: DataSet, objective: ObjectiveSettings, options: EvaluateOptions): Promise<Evaluation> {
  const fed = feedSet(model, { set });
  const program = buildEvaluationProgram(model, { objective, shapes: fed.shapes }, new Set());
  checkTargets(set, program.lossKinds);
  return withCompiled(options.engine, program.program, (compiled) =>
    measureSet({ compiled, program }, fed, options.batchSize ?? 32, new Pacer(options.clock, options.signal)));
}

/** A program and its compiled form. */
export interface Measuring {
  readonly compiled: CompiledProgram;
  readonly program: MeasuringProgram;
}

/** Runs an evaluation program over a whole set. Throws `stopped` where the signal is aborted before its end. */
export async function measureSet({ compiled, program }: Measuring, fed: FedSet, batchSize: number, pacer: Pacer): Promise<Evaluation> {
  const batches = splitBatches(fileOrder(fed.samples), batchSize);
  const averages = new Averages(program);
  const done = await runSteps(compiled, {
    count: batches.length,
    make: (step) => gatherBatch(fed, batches[step]),
    take: (outputs, step) => averages.add(outputs, batches[step].length),
  }, pacer);
  if (done < batches.length) throw stopped();
  return averages.result();
}

/** A user's stop, where there is nothing to keep. */
function stopped(): SurgeryError {
  return new SurgeryError('stopped', 'The computation was stopped.');
}

/** Outputs of all samples, by output name, as Keras' `predict`. Throws what `evaluateModel` throws. */
export async function predictModel(model: Model, set: DataSet, options: EvaluateOptions): Promise<Tensors> {
  const { engine, clock, signal, batchSize = 32 } = options;
  const fed = feedSet(model, { set, inputsOnly: true });
  const program = buildPredictProgram(model, fed.shapes);
  const batches = splitBatches(fileOrder(fed.samples), batchSize);
  return withCompiled(engine, program, (compiled) => computeTensors({ compiled, program, fed }, batches, new Pacer(clock, signal)));
}

/** A program that only computes, and what it is fed. */
interface Computing {
  readonly compiled: CompiledProgram;
  readonly program: Program;
  readonly fed: FedSet;
}

/** The outputs over these batches, joined and cut to as many rows as the set has samples. Throws `stopped`. */
async function computeTensors({ compiled, program, fed }: Computing, batches: readonly Int32Array[], pacer: Pacer): Promise<Tensors> {
  const parts: Tensors[] = [];
  await computeBatches({ compiled, fed }, { batches, take: (outputs) => parts.push(outputs) }, pacer);
  return Object.fromEntries(program.outputs.map(({ name }) => [name, joinBatches(parts.map((part) => part[name]), fed.samples)]));
}

export interface BatchWork {
  readonly batches: readonly Int32Array[];
  /** Takes the outputs of each, in their order. */
  readonly take: (outputs: Tensors) => void;
}

/** Runs a program that only computes over these batches. Throws `stopped`. */
export async function computeBatches({ compiled, fed }: Omit<Computing, 'program'>, { batches, take }: BatchWork, pacer: Pacer): Promise<void> {
  const done = await runSteps(compiled, { count: batches.length, make: (step) => gatherBatch(fed, batches[step]), take }, pacer);
  if (done < batches.length) throw stopped();
}

function joinBatches(parts: readonly Tensor[], samples: number): Tensor {
  const shape = [samples, ...parts[0].shape.slice(1)];
  const data = new Float32Array(sizeOf(shape));
  let at = 0;
  for (const { data: part } of parts) {
    data.set(part.subarray(0, data.length - at), at);
    at += part.length;
  }
  return floatTensor(shape, data);
}

/** Compiles, works, and disposes on every way out. */
export async function withCompiled<T>(engine: Engine, program: Program, work: (compiled: CompiledProgram) => Promise<T>): Promise<T> {
  const compiled = await engine.compile(program);
  try {
    return await work(compiled);
  } finally {
    await compiled.dispose();
  }
}
