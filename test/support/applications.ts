import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readArrays } from '../../src/core/data/readArrays';
import type { DataSet } from '../../src/core/data/dataSet';
import { inspectModel } from '../../src/core/inspect/inspectModel';
import { outputSpecs } from '../../src/core/inspect/outputShapes';
import { predictModel } from '../../src/core/run/evaluate';
import { runPlan } from '../../src/core/run/runPlan';
import { applyOperations } from '../../src/core/surgery/operations';
import type { Engine, Log } from '../../src/core/ports';
import { openEngine } from '../../src/engine/openEngine';
import { sha256 } from '../../src/node/fileBytes';
import { exportJob } from '../../src/node/jobs/exportModel';
import { openModel, surgeryContext, type OpenedModel } from '../../src/node/jobs/openModel';
import { systemClock } from '../../src/node/systemClock';
import { projectRoot } from './cached';
import { kerasEnvironment, kerasPython } from './keras';

/** The smallest of each family. They are trained for a step and exported too: what the larger ones are made of they have. */
const families = [
  'ConvNeXtTiny', 'DenseNet121', 'EfficientNetB0', 'EfficientNetV2B0', 'InceptionResNetV2', 'InceptionV3', 'MobileNet', 'MobileNetV2', 'MobileNetV3Small', 'NASNetMobile',
  'ResNet50', 'ResNet50V2', 'VGG16', 'Xception',
];
/** Deeper networks add up more rounding. */
const [tolerance, deepTolerance, deep] = [1e-5, 1e-4, 100];
/** Relative. */
const lossTolerance = 1e-4;

interface Written {
  readonly layers: number;
  readonly parameters: number;
  readonly size: number;
  /** Of the second training step, where it was asked for. */
  readonly loss?: number;
  readonly error?: string;
}

/** Real Keras, asked a line at a time. */
class Keras {
  private readonly answers: ((line: string) => void)[] = [];

  private constructor(private readonly child: ChildProcessWithoutNullStreams) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('ANSWER ')) this.answers.shift()?.(line.slice('ANSWER '.length));
    });
    child.stderr.resume();
    child.once('close', () => this.answers.splice(0).forEach((answer) => answer('{"error": "Python ended"}')));
  }

  static async start(): Promise<Keras> {
    const script = join(projectRoot, 'test/keras/applications.py');
    return new Keras(spawn(await kerasPython(), [script], { env: kerasEnvironment }));
  }

  async ask<T>(line: string): Promise<T> {
    const answer = new Promise<string>((done) => this.answers.push(done));
    this.child.stdin.write(`${line}\n`);
    return JSON.parse(await answer) as T;
  }

  stop(): void {
    this.child.stdin.end();
  }
}

interface Row {
  readonly name: string;
  readonly written: Written;
  readonly difference: number;
  readonly openSeconds: number;
  readonly seconds: number;
  /** Of the second training step, relative to Keras'; null where it was not asked for. */
  readonly loss: number | null;
  /** Of what our export predicts in real Keras. */
  readonly exported: number | null;
}

interface Comparison {
  readonly name: string;
  readonly written: Written;
  readonly folder: string;
  readonly engine: Engine;
  readonly keras: Keras;
}

/** Opened, inspected, predicted and given a new head by us. Throws where one of them is not as Keras has it. */
async function compare({ name, written, folder, engine, keras }: Comparison): Promise<Row> {
  const begun = performance.now();
  const opened = await openModel(join(folder, 'model.keras'));
  const inspection = inspectModel(opened.model, opened.sha256);
  const openSeconds = (performance.now() - begun) / 1000;
  if (inspection.parameters.total !== written.parameters) throw new Error(`${inspection.parameters.total} parameters, Keras counts ${written.parameters}`);
  if (inspection.layers.filter(({ path }) => !path.includes('/')).length !== written.layers) throw new Error(`${inspection.layers.length} layers, Keras has ${written.layers}`);
  const [x, y] = await Promise.all(['x.npy', 'y.npy'].map(async (file) => readArrays(await readFile(join(folder, file)), file)[0]));
  const [input] = opened.model.root.network.inputs;
  const set = { samples: x.shape[0], inputs: { [input.name]: { shape: x.shape, data: x.data, scale: 1 } }, targets: {} };
  const [ours] = Object.values(await predictModel(opened.model, set, { engine, clock: systemClock }));
  const difference = Array.from(y.data, (expected, index) => Math.abs(expected - ours.data[index])).reduce((a, b) => Math.max(a, b), 0);
  const edited = await applyOperations(opened.model, [{ op: 'replaceHead', units: 3, activation: 'softmax' }], surgeryContext(opened, { operations: [], seed: 0 }));
  const [head] = outputSpecs(edited.model).outputs;
  if (JSON.stringify(head.shape) !== '[null,3]') throw new Error(`the new head gives ${JSON.stringify(head.shape)}`);
  const whole = { name, written, difference, openSeconds };
  if (written.loss === undefined) return { ...whole, loss: null, exported: null, seconds: (performance.now() - begun) / 1000 };
  const loss = Math.abs(await stepLoss(opened, { folder, engine, set }) - written.loss) / written.loss;
  await exportJob({ model: opened.model, to: 'keras', out: join(folder, 'out.keras'), inputs: [], encodeOnnx: () => new Uint8Array() });
  const exported = await keras.ask<{ readonly difference?: number; readonly error?: string }>(`check ${folder}`);
  if (exported.difference === undefined) throw new Error(`Keras on our export: ${exported.error ?? 'nothing'}`);
  return { ...whole, loss, exported: exported.difference, seconds: (performance.now() - begun) / 1000 };
}

/** The loss of the second step over the two samples. */
async function stepLoss({ model, path, sha256: hash }: OpenedModel, { folder, engine, set }: { readonly folder: string; readonly engine: Engine; readonly set: DataSet }): Promise<number> {
  const [targets] = readArrays(await readFile(join(folder, 't.npy')), 't.npy');
  const train = { ...set, targets: { [model.root.network.outputs[0].name]: { shape: targets.shape, data: targets.data, scale: 1 } } };
  const optimizer = { class_name: 'SGD', config: { learning_rate: 0.5 } };
  const losses: number[] = [];
  const { error } = await runPlan({
    model, plan: { compile: { loss: 'mean_squared_error', metrics: [] }, phases: [{ name: 'steps', freeze: 'as set', optimizer, epochs: 2, batchSize: set.samples, shuffle: false }] },
    seed: { initialization: 0, order: 0, sample: 0 }, data: { train }, engine, clock: systemClock, sha256, source: { plan: null, model: { path, sha256: hash } },
    emit: (event) => { if (event.type === 'epoch') losses.push(event.loss); },
  });
  if (error) throw error;
  return losses[1];
}

async function one(name: string, keras: Keras, engine: Engine): Promise<boolean> {
  const trained = families.includes(name);
  const folder = await mkdtemp(join(tmpdir(), 'model-surgery-application-'));
  try {
    const written = await keras.ask<Written>(`${name} ${folder}${trained ? ' train' : ''}`);
    if (written.error !== undefined) throw new Error(written.error);
    const row = await compare({ name, written, folder, engine, keras });
    const allowed = written.layers > deep ? deepTolerance : tolerance;
    const good = row.difference <= allowed && (row.exported ?? 0) <= allowed && (row.loss ?? 0) <= lossTolerance;
    const small = (value: number | null): string => value?.toExponential(1) ?? '';
    const cells = [written.layers, written.parameters, row.openSeconds.toFixed(1), row.seconds.toFixed(1), small(row.difference), small(row.loss), small(row.exported)];
    console.log(`${name.padEnd(20)}${cells.map((cell) => String(cell).padStart(12)).join('')}${good ? '' : `   more than ${allowed} (loss: ${lossTolerance})`}`);
    return good;
  } catch (thrown) {
    const { message, where, received } = thrown as { message: string; where?: string; received?: string };
    console.log(`${name.padEnd(20)}   ${[message, where, received].filter(Boolean).join(' | ')}`);
    return false;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Without arguments the smallest of each family; `--all`, or names. */
async function main(): Promise<void> {
  const silent: Log = { write: () => undefined };
  const asked = process.argv.slice(2);
  const keras = await Keras.start();
  const engine = await openEngine('onnxruntime', silent);
  const all = await keras.ask<string[]>('list');
  const wanted = asked.length === 0 ? families : asked[0] === '--all' ? all : asked;
  console.log(`${'architecture'.padEnd(20)}${['layers', 'parameters', 'open s', 'all s', 'difference', 'loss', 'exported'].map((head) => head.padStart(12)).join('')}`);
  const failed: string[] = [];
  for (const name of wanted) if (!(await one(name, keras, engine))) failed.push(name);
  keras.stop();
  await engine.dispose();
  console.log(failed.length === 0 ? `${wanted.length} architectures as Keras has them` : `not as Keras has them: ${failed.join(', ')}`);
  process.exitCode = failed.length === 0 && wanted.length > 0 ? 0 : 1;
}

await main();
