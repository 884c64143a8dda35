import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../test/support/cached';
import type { KerasVersions } from './kerasProcess';

/** A figure of both sides, taken one after the other within seconds, so that what else the machine does slows both. */
export interface Round {
  readonly ours: number;
  readonly keras: number;
}

export interface Measured {
  /** Seconds for a step, as in `StepTimes`. */
  readonly steps: { readonly whole: readonly Round[]; readonly between: readonly Round[]; readonly processor: readonly Round[]; readonly losses: Round };
  /** seconds */
  readonly jobs: { readonly rounds: readonly Round[]; readonly accuracies: Round };
  readonly versions: KerasVersions & { readonly engine: string; readonly node: string };
  readonly machine: { readonly cores: number; readonly processor: string; readonly system: string; readonly load: number };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Writes docs/benchmarks.md and gives its text. */
export async function writeReport(measured: Measured): Promise<string> {
  const text = report(measured);
  await writeFile(join(projectRoot, 'docs/benchmarks.md'), text);
  return text;
}

function report({ steps, jobs, versions, machine }: Measured): string {
  const milliseconds = (seconds: number): string => `${(seconds * 1000).toFixed(2)} ms`;
  const job = summary(jobs.rounds, (seconds) => `${seconds.toFixed(2)} s`);
  return `# Benchmarks

Written by \`npm run bench\` (bench/step.ts against bench/keras_step.py); do not edit by hand.

Rounds of both sides alternate in one run. A ratio is taken within each round, and the median of these ratios is given: what
else the machine does slows both sides of a round, so ratios hold where times do not.

| | Model Surgery | Keras | Keras / Model Surgery | rounds | ratios |
|---|---|---|---|---|---|
| a training step, from batch to batch | ${summary(steps.between, milliseconds)} |
| a training step, whole epochs | ${summary(steps.whole, milliseconds)} |
| processor time of a step | ${summary(steps.processor, milliseconds)} |
| the whole textbook job | ${job} |

The goal is 2 or more in every row; what stands below 2 does not reach it.

## What is measured

**A training step.** The network of samples/fashion-mnist with its new head (784-300-100-50-50-50-1, selu, sigmoid), all
weights trainable, SGD, batches of 32, float32, no validation. *From batch to batch* is the median time from the end of one
batch to the end of the next (in Keras, of its batch callback). *Whole epochs* are divided by their steps, with all that a run
does for them (gathering batches, metrics, keeping the best weights); the first epoch of every round is left out on both
sides, and so is what Keras traces; there Keras runs \`model.fit\` without a batch callback, which is its fastest way.
*Processor time* is that of all threads of the process over the same epochs: it says what the step costs wherever the system
gives the two sides different shares (one thread here, as many as there are processors in TensorFlow).
Both sides start from the same weights, take the samples in the same order, and end with the same loss:
${steps.losses.ours.toFixed(6)} here, ${steps.losses.keras.toFixed(6)} in Keras.

**The whole textbook job.** samples/fashion-mnist/transfer.surgery.json: 4 epochs with the head only, 16 with everything, validation at
each epoch, evaluation on 2000 images. Here: the whole process of \`model-surgery run\`, from starting Node to both models on
the disk. Keras: the same job as a script, only what comes after its imports, in a process that is warm. Test accuracy
${jobs.accuracies.ours.toFixed(4)} here, ${jobs.accuracies.keras.toFixed(4)} in Keras (the random numbers differ).

## Where

${machine.cores} processors (${machine.processor}), ${machine.system}; load average ${machine.load.toFixed(1)} at the end${machine.load > machine.cores ? ': the machine was busy with other work, so take the ratios and not the times' : ''}.
Engine ${versions.engine} on Node ${versions.node}; Keras ${versions.keras} on TensorFlow ${versions.tensorflow}, Python ${versions.python}. Both with their own default number of threads.
`;
}

/** The cells of a row. */
function summary(rounds: readonly Round[], show: (seconds: number) => string): string {
  const ratios = rounds.map(({ ours, keras }) => keras / ours);
  const range = `${Math.min(...ratios).toFixed(1)} to ${Math.max(...ratios).toFixed(1)}`;
  return [
    show(median(rounds.map(({ ours }) => ours))), show(median(rounds.map(({ keras }) => keras))), `**${median(ratios).toFixed(1)}**`, String(rounds.length), range,
  ].join(' | ');
}
