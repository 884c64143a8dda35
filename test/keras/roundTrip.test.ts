import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildIfStale } from '../../scripts/build';
import { projectRoot } from '../support/cached';
import { kerasEnvironment, kerasPython } from '../support/keras';

const run = promisify(execFile);
const sample = join(projectRoot, 'samples/fashion-mnist');

interface Loaded {
  readonly trainable: Readonly<Record<string, boolean>>;
  readonly optimizer: { readonly name: string; readonly learning_rate: number } | null;
  readonly loss: string | null;
}

interface RunEvent {
  readonly type: string;
  readonly test?: { readonly accuracy?: number } | null;
}

async function cli(...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [join(projectRoot, 'dist/cli.js'), ...args], { maxBuffer: 1e8 });
  return stdout;
}

/** A float32 `.npy` of version 1, of fixed pseudo-random numbers in [0, scale). */
function npy(shape: readonly number[], scale = 1): Buffer {
  const count = shape.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length: count }, (_, index) => (scale * ((index * 7919) % 256)) / 256);
  const header = `${`{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`.padEnd(128 - 10 - 1)}\n`;
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), Buffer.from([header.length, 0]), Buffer.from(header), Buffer.from(values.buffer)]);
}

async function floats(path: string): Promise<Float32Array> {
  const bytes = await readFile(path);
  return new Float32Array(Uint8Array.from(bytes.subarray(10 + bytes.readUInt16LE(8))).buffer);
}

describe('files we write, in real Keras', function () {
  this.timeout(300_000);
  let folder: string;
  let python: string;
  const at = (name: string): string => join(folder, name);

  before(async () => {
    buildIfStale();
    python = await kerasPython();
    folder = await mkdtemp(join(tmpdir(), 'model-surgery-keras-'));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  /** Predicts with ours and with Keras; returns what Keras saw in the file. */
  async function agree(model: string, shape: readonly number[], scale = 1): Promise<Loaded> {
    await writeFile(at('x.npy'), npy(shape, scale));
    await cli('predict', model, '--data', at('x.npy'), '--out', at('ours.npy'));
    const { stdout } = await run(python, [join(projectRoot, 'test/keras/predict.py'), model, at('x.npy'), at('theirs.npy')], { env: kerasEnvironment });
    const [ours, theirs] = [await floats(at('ours.npy')), await floats(at('theirs.npy'))];
    assert.equal(ours.length, theirs.length);
    assert.ok(ours.length >= shape[0]);
    ours.forEach((value, index) => assert.ok(Math.abs(value - theirs[index]) <= 1e-5, `${index}: ${value}, Keras has ${theirs[index]}`));
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as Loaded;
  }

  for (const golden of ['sequential_mlp', 'conv_bn', 'nested', 'frozen', 'image_layers', 'step_layers', 'volume_layers', 'prepared', 'spectral', 'wrapped', 'attention']) {
    it(`${golden}, saved again, predicts the same and keeps its flags`, async () => {
      const original = join(projectRoot, `test/keras/golden/formats/${golden}.keras3.keras`);
      await cli('export', original, '--to', 'keras', '--out', at(`${golden}.keras`));
      const shape = await inputShape(at(`${golden}.keras`));
      // Tokens of `attention` are whole numbers up to 5.
      const scale = golden === 'attention' ? 6 : 1;
      assert.deepEqual(await agree(at(`${golden}.keras`), [5, ...shape], scale), await agree(original, [5, ...shape], scale));
    });
  }

  it('a run’s model predicts the same, with the flags and compile settings of its last phase', async () => {
    await writeFile(at('plan.surgery.json'), JSON.stringify(await planAt(sample, 1)));
    await cli('run', at('plan.surgery.json'), '--out', at('run'));
    const seen = await agree(at('run/model.keras'), [8, 28, 28]);
    assert.deepEqual(Object.values(seen.trainable), Object.keys(seen.trainable).map((_, index, all) => index === all.length - 1));
    assert.equal(seen.optimizer?.name.toLowerCase(), 'sgd');
    assert.ok(Math.abs(seen.optimizer.learning_rate - 0.01) < 1e-8);
    assert.equal(seen.loss, 'binary_crossentropy');
  });

  it('the recipe over ten seeds errs as Keras’ own runs over thirty do', async () => {
    interface Recipe { readonly cases: readonly { readonly classes: string; readonly arm: string; readonly testErrors: readonly number[] }[] }
    const golden = JSON.parse(await readFile(join(projectRoot, 'test/keras/golden/recipe.json'), 'utf8')) as Recipe;
    const theirs = golden.cases.find(({ classes, arm }) => classes === '5:6' && arm === 'transfer')?.testErrors ?? [];
    assert.equal(theirs.length, 30);
    await writeFile(at('recipe.surgery.json'), JSON.stringify(await planAt(sample)));
    const errors: number[] = [];
    for (let seed = 0; seed < 10; seed++) {
      const lines = (await cli('run', at('recipe.surgery.json'), '--seed', String(seed), '--out', at(`seed-${seed}`), '--json')).trim().split('\n');
      const result = lines.map((line) => JSON.parse(line) as RunEvent).find(({ type }) => type === 'result');
      errors.push(1 - (result?.test?.accuracy ?? Number.NaN));
    }
    // Two samples of one distribution differ so much in their ranks once in a thousand times (Mann and Whitney 1947): errors are skewed, ranks are not.
    const wins = errors.reduce((sum, error) => sum + theirs.reduce((own, other) => own + (error > other ? 1 : error === other ? 0.5 : 0), 0), 0);
    const [expected, spread] = [150, Math.sqrt((10 * 30 * 41) / 12)];
    assert.ok(Math.abs(wins - expected) <= 3.29 * spread, `${errors.join(' ')} are larger than Keras’ in ${wins} of 300 comparisons`);
  });

  /** The one input's shape without the batch. */
  async function inputShape(model: string): Promise<readonly number[]> {
    const script = 'import keras, json, sys; print(json.dumps(keras.models.load_model(sys.argv[1], compile=False).input_shape[1:]))';
    const { stdout } = await run(python, ['-c', script, model], { env: kerasEnvironment });
    return JSON.parse(stdout) as number[];
  }
});

/** The sample's plan with absolute paths; its first `phases` only where given. */
async function planAt(origin: string, phases?: number): Promise<unknown> {
  const plan = JSON.parse(await readFile(join(origin, 'transfer.surgery.json'), 'utf8')) as {
    model: string; phases: unknown[]; data: Record<string, { inputs: string; targets: string }>;
  };
  const data = Object.entries(plan.data).map(([name, set]) => [name, { ...set, inputs: join(origin, set.inputs), targets: join(origin, set.targets) }]);
  return { ...plan, model: join(origin, plan.model), data: Object.fromEntries(data) as unknown, phases: plan.phases.slice(0, phases) };
}
