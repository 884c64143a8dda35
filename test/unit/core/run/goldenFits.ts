import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { DataSet, SampleArray } from '../../../../src/core/data/dataSet';
import type { CompileSettings, KerasObject, Model } from '../../../../src/core/model/model';
import type { Engine } from '../../../../src/core/ports';
import type { RunEventBody } from '../../../../src/core/run/events';
import type { RunOptions } from '../../../../src/core/run/runPlan';
import type { MetricValue } from '../../../../src/core/training/metrics/metric';
import { goldenModel, type GoldenNetwork, type GoldenTensor } from '../../../support/goldenNetworks';

type GoldenTensors = Readonly<Record<string, GoldenTensor>>;

/** One `fit` of real Keras; written by test/keras/training.py. */
export interface GoldenFit {
  readonly name: string;
  readonly root: GoldenNetwork['root'];
  readonly compile: Pick<CompileSettings, 'loss' | 'metrics' | 'weightedMetrics' | 'lossWeights'>;
  readonly optimizer: KerasObject;
  readonly batchSize: number;
  readonly epochs: number;
  readonly classWeights: Readonly<Record<string, number>>;
  readonly train: { readonly inputs: GoldenTensors; readonly targets: GoldenTensors; readonly weights: GoldenTensors };
  readonly validation: { readonly inputs: GoldenTensors; readonly targets: GoldenTensors };
  readonly history: Readonly<Record<string, readonly MetricValue[]>>;
  readonly evaluation: Readonly<Record<string, MetricValue>>;
  readonly after: GoldenTensors;
  readonly optimizerVariables: readonly GoldenTensor[];
}

export const goldenFits = ['fits', 'sequenceFits', 'compileFits'].flatMap((file) =>
  JSON.parse(readFileSync(new URL(`../../../keras/golden/training/${file}.json`, import.meta.url), 'utf8')) as readonly GoldenFit[]);

export function goldenFit(name: string): GoldenFit {
  const found = goldenFits.find((fit) => fit.name === name);
  if (!found) throw new Error(`no golden fit is named ${name}`);
  return found;
}

export function fitModel(fit: GoldenFit): Model {
  return goldenModel(fit as unknown as GoldenNetwork);
}

function arrays(tensors: GoldenTensors): Record<string, SampleArray> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data), scale: 1 }]));
}

export function fitSet({ inputs, targets, weights = {} }: { inputs: GoldenTensors; targets: GoldenTensors; weights?: GoldenTensors }): DataSet {
  const laid = Object.entries(weights).map(([name, { data }]) => [name, Float32Array.from(data)] as const);
  return {
    samples: Object.values(inputs)[0].shape[0],
    inputs: arrays(inputs),
    targets: arrays(targets),
    ...(laid.length > 0 ? { sampleWeights: Object.fromEntries(laid) } : {}),
  };
}

/** A clock that stands still between looks, each a millisecond after the last. */
export function tickingClock(): { now(): number } {
  let time = 0;
  return { now: () => (time += 1) };
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Options of a run of one phase as the golden says, whatever Keras froze frozen; events go to the list. */
export function fitOptions(fit: GoldenFit, engine: Engine, events: RunEventBody[] = []): RunOptions {
  return {
    model: fitModel(fit),
    plan: {
      compile: fit.compile,
      phases: [{
        freeze: 'as set', optimizer: fit.optimizer, epochs: fit.epochs, batchSize: fit.batchSize, shuffle: false,
        ...(Object.keys(fit.classWeights).length > 0 ? { classWeights: fit.classWeights } : {}),
      }],
    },
    seed: { initialization: 0, order: 0, sample: 0 },
    data: { train: fitSet(fit.train), validation: fitSet(fit.validation) },
    engine,
    clock: tickingClock(),
    sha256,
    source: { plan: null, model: { path: 'golden.keras', sha256: '' } },
    emit: (event) => events.push(event),
  };
}
