import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../test/support/cached';
import { rateFactors } from '../src/core/verdict/learningRates';
import type { KerasVersions } from './pythonProcess';

/** A figure of both sides in seconds, taken one after the other, so that what else the machine does slows both. */
export interface Round {
  readonly ours: number;
  readonly theirs: number;
}

/** A job on one engine. */
export interface Measured {
  readonly job: string;
  readonly engine: string;
  /** `Keras` or `PyTorch`. */
  readonly against: string;
  readonly rounds: readonly Round[];
  /** The ratio that shall be reached; null where none is set. */
  readonly goal: number | null;
  /** Of steps, where processor time was taken too. */
  readonly processor?: readonly Round[];
}

/** What compiling a step's program took on one engine, its first call counted. */
export interface Compiling {
  readonly job: string;
  readonly engine: string;
  readonly seconds: number;
  /** What it may take; null where none is set. */
  readonly most: number | null;
}

export interface Report {
  readonly measured: readonly Measured[];
  readonly compiling: readonly Compiling[];
  readonly quick: boolean;
  readonly versions: KerasVersions & { readonly torch: string | null; readonly engines: readonly string[]; readonly node: string };
  readonly machine: { readonly cores: number; readonly processor: string; readonly system: string; readonly load: number };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const ratiosOf = (rounds: readonly Round[]): number[] => rounds.map(({ ours, theirs }) => theirs / ours);

/** Writes docs/benchmarks.md and gives its text. */
export async function writeReport(measured: Report): Promise<string> {
  const text = report(measured);
  await writeFile(join(projectRoot, 'docs/benchmarks.md'), text);
  return text;
}

function report({ measured, compiling, quick, versions, machine }: Report): string {
  const missed = measured.filter(({ rounds, goal }) => goal !== null && median(ratiosOf(rounds)) < goal);
  const busy = machine.load > machine.cores;
  return `# Benchmarks

Written by \`npm run bench${quick ? ' -- --quick' : ''}\` (bench/main.ts against bench/keras_jobs.py); do not edit by hand.

Rounds of both sides alternate in one run. A ratio is taken within each round (their time by ours, so that more is faster), and the
median of these ratios is given: what else the machine does slows both sides of a round, so ratios hold where times do not. The
ratio of processor times counts all threads of both sides; it says what a step costs wherever the system gives the two different shares.

| job | engine | ours | against | theirs | ratio | goal | range | of processor time | rounds |
|---|---|---|---|---|---|---|---|---|---|
${measured.map(row).join('\n')}

${missed.length === 0 ? 'Every goal is reached.' : `Below its goal: ${missed.map(({ job, engine, against, rounds, goal }) => `${job} on ${engine} against ${against} (${median(ratiosOf(rounds)).toFixed(2)} of ${String(goal)})`).join('; ')}.`}

## Compiling

From a program to the end of its first step, in which TensorFlow does most of it; once for each program, however many epochs, phases with
equal programs, runs and seeds follow. \`model-surgery run\` says what it took.

${compilingTable(compiling)}

## What is measured

**A training step** is that of whole epochs divided by their steps, with all that a run does for them (gathering batches, random numbers,
metrics, keeping the best weights); the first epoch of every round is left out on both sides, and so is what Keras traces. Keras runs
\`model.fit\` without a batch callback, which is its fastest way. Both sides read the same model, data and plan, start from the same
weights and take the samples in the same order; where nothing is random in it, both must end with the same loss.

- *textbook*: the network of samples/fashion-mnist with a new head (784-300-100-50-50-50-1, selu, sigmoid), SGD.
- *CNN*: 28x28x1, two blocks of 3x3 convolution (32, 64), relu, BatchNormalization and pooling, dropout, softmax, Adam.
- *LSTM*: LSTM(32) over 40 or 150 steps of 32 numbers, Dense(1), mean squared error, SGD.
- *MobileNetV2*: 96x96x3, all weights trainable, SGD.

**Phase 1 on a frozen MobileNetV2**: ten epochs with the head only on 160 images, from the opened model to the last weights, compiling and
tracing counted on both sides; what is frozen is computed once here.

**The textbook job**: samples/fashion-mnist/transfer.surgery.json: 4 epochs with the head only, 16 with everything, validation at each epoch,
evaluation on 2000 images. Both sides after what they import, in processes that have done it before: from the plan (there the script's
first line after its imports) to the models on the disk, with everything read, opened, compiled and traced anew. *Whole processes* is
\`model-surgery run\` from starting Node to its end against Python's imports and the job.

**The verdict**: the whole process of \`model-surgery verdict\`, by its pairs, against a loop in Keras of as many trainings of each arm, those of
the tuning counted on both sides: ${rateFactors.length} learning rates of the scratch arm in each of its tunings. The loop reads model and data once, draws as ours
does, validates once at the end of each phase, and looks at the test set at the end. Its time is that of one training of each arm,
taken before and after ours, by their numbers.

## Where the time goes

${whereTheTimeGoes}

## Where

${machine.cores} processors (${machine.processor}), ${machine.system}; load average ${machine.load.toFixed(1)} at the end${busy ? ': the machine was busy with other work, so take the ratios and not the times' : ''}.
${versions.engines.join(', ')} on Node ${versions.node}; Keras ${versions.keras} on TensorFlow ${versions.tensorflow}, Python ${versions.python}; ${versions.torch === null ? 'PyTorch was not there' : `PyTorch ${versions.torch}`}. All with their own default number of threads.
`;
}

function compilingTable(compiling: readonly Compiling[]): string {
  const rows = compiling.map(({ job, engine, seconds, most }) => `| ${job} | ${engine} | ${show(seconds)} | ${most === null ? '' : show(most)} |`);
  return ['| step | engine | compiling | at most |', '|---|---|---|---|', ...rows].join('\n');
}

/** From traces of the same graphs and profiles of the same processes; shares hold where times do not. */
const whereTheTimeGoes = `- *textbook step, tensorflow*: 81 % is matrix products (38 million multiplications and additions together, four fifths of them in the first
  layer), 11 % writing the new weights.
- *CNN step, tensorflow*: 69 % is two convolutions and their three gradients, 16 % BatchNormalization, 7 % pooling, all by oneDNN's own kernels, which
  Keras calls too: what is left to save is what Keras does around them.
- *LSTM step, tensorflow*: 91 % is BlockLSTMV2 and its gradient, one operator each for all steps.
- *MobileNetV2 step, tensorflow*: 69 % convolutions, 22 % BatchNormalization, 5 % relu6; oneDNN's kernels again.
- *MobileNetV2 step, onnxruntime*: nine tenths are convolutions, BatchNormalization and their gradients. It has kernels neither for gradients of
  depthwise convolutions nor for BatchNormalization in training: both are put together from other operators.
- *the textbook job, onnxruntime*: 112 steps and 20 validations of 1000 images are half of it; the rest is compiling six programs, unpacking the
  data, opening and writing models, and the receipts' hashes. A whole process adds Node, our own code and the libraries for HDF5
  and for the engine.`;

function row({ job, engine, against, rounds, goal, processor }: Measured): string {
  const ratios = ratiosOf(rounds);
  const [ours, theirs] = [median(rounds.map((round) => round.ours)), median(rounds.map((round) => round.theirs))];
  const range = `${Math.min(...ratios).toFixed(1)} to ${Math.max(...ratios).toFixed(1)}`;
  const cpu = processor ? `${median(ratiosOf(processor)).toFixed(1)}x` : '';
  const cells = [job, engine, show(ours), against, show(theirs), `**${median(ratios).toFixed(2)}**`, goal === null ? '' : String(goal), range, cpu, String(rounds.length)];
  return `| ${cells.join(' | ')} |`;
}

function show(seconds: number): string {
  return seconds < 0.5 ? `${(seconds * 1000).toFixed(2)} ms` : `${seconds.toFixed(1)} s`;
}
