import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { SurgeryError } from '../../src/core/errors';
import type { Model } from '../../src/core/model/model';
import { predictModel } from '../../src/core/run/evaluate';
import { runPlan } from '../../src/core/run/runPlan';
import { openEngine } from '../../src/engine/openEngine';
import { exportJob } from '../../src/node/jobs/exportModel';
import { openModel } from '../../src/node/jobs/openModel';
import { projectRoot } from '../support/cached';
import { kerasEnvironment, kerasPython } from '../support/keras';
import { layerModels } from '../support/layerModels';
import { unpacked } from '../support/memoryFolder';
import { fitOptions, fitSet, goldenFit, tickingClock } from '../unit/core/run/goldenFits';

const run = promisify(execFile);
const goldens = join(projectRoot, 'test/keras/golden');

interface Golden {
  readonly inputs: readonly { readonly shape: readonly number[]; readonly data: readonly number[]; readonly dtype?: string }[];
  readonly outputs: readonly { readonly shape: readonly number[]; readonly data: readonly number[] }[] | null;
  /** Shapes of what a step of training compares the outputs with, where those are others. */
  readonly targets?: readonly (readonly number[])[];
}

interface Seen {
  readonly file: string;
  readonly error?: number;
  readonly failure?: string;
  readonly steps?: readonly [number, number] | null;
}

interface Case extends Golden {
  readonly file: string;
}

async function goldenOf(path: string): Promise<Golden> {
  return JSON.parse(await readFile(path, 'utf8')) as Golden;
}

/** Fits whose optimizers have variables beside the usual slots, and metrics that are not plain means. */
const trainedHere = ['ema', 'ema_overwrite', 'accumulated', 'accumulated_constrained', 'scaled_loss', 'restarts', 'metrics_binary_weighed', 'metrics_classes', 'metrics_regression_weighed'];

async function trained(name: string): Promise<Model> {
  const engine = await openEngine('reference', { write: () => {} });
  const { last } = await runPlan(fitOptions(goldenFit(name), engine));
  return last;
}

/** A batch and what we say of it, for Keras to judge. */
async function measured(name: string): Promise<Golden> {
  const engine = await openEngine('reference', { write: () => {} });
  const set = fitSet(goldenFit(name).validation);
  const outputs = await predictModel(await trained(name), set, { engine, clock: tickingClock() });
  const numbers = (data: ArrayLike<number>): number[] => Array.from(data);
  return {
    inputs: Object.values(set.inputs).map(({ shape, data }) => ({ shape: [set.samples, ...shape.slice(1)], data: numbers(data) })),
    targets: Object.values(goldenFit(name).validation.targets).map(({ shape }) => shape),
    outputs: Object.values(outputs).map(({ shape, data }) => ({ shape, data: numbers(data) })),
  };
}

describe('what we export, in real Keras', function () {
  this.timeout(1_200_000);
  let folder: string;
  const cases: Case[] = [];
  const refused: string[] = [];
  let seen: readonly Seen[] = [];

  /** Written in both formats of Keras; one that cannot be said in a format is refused by name. */
  async function add(model: Model, name: string, golden: Golden, formats: readonly ('keras' | 'h5')[] = ['keras', 'h5']): Promise<void> {
    if (!golden.outputs) return;
    for (const to of formats) {
      const suffix = `.${to}`;
      const file = join(folder, `${name}${suffix}`);
      try {
        await exportJob({ model, to, out: file, inputs: [], encodeOnnx: () => new Uint8Array() });
        cases.push({ ...golden, file });
      } catch (thrown) {
        assert.ok(thrown instanceof SurgeryError && thrown.code === 'unsupported', `${name}: ${String(thrown)}`);
        refused.push(`${name}${suffix}`);
      }
    }
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'model-surgery-exports-'));
    for (const name of await readdir(join(goldens, 'formats'))) {
      if (!/\.keras[23]\.(keras|h5)$/.test(name)) continue;
      await add((await openModel(join(goldens, 'formats', name))).model, `format.${name}`, await goldenOf(join(goldens, 'formats', name.replace(/\.(keras|h5)$/, '.json'))));
    }
    for (const name of (await readdir(join(goldens, 'savedModels'))).filter((file) => file.endsWith('.zip'))) {
      const place = join(folder, 'saved', basename(name, '.zip'));
      for (const [path, bytes] of unpacked(await readFile(join(goldens, 'savedModels', name)))) {
        await mkdir(dirname(join(place, path)), { recursive: true });
        await writeFile(join(place, path), bytes);
      }
      await add((await openModel(place)).model, `saved.${name}`, await goldenOf(join(goldens, 'savedModels', name.replace('.zip', '.json'))));
    }
    const classes = new Set<string>();
    for (const { className, golden, model } of layerModels()) {
      // One of each class: Keras takes half a second for each.
      // Equalization gives back its input in Keras' graph, so that no model of it alone can be loaded.
      // RandomShear writes its factors as intervals that it refuses to read: Keras loads no file of its own with it either.
      if (classes.has(className) || ['Equalization', 'RandomShear'].includes(className)) continue;
      classes.add(className);
      await add(model, `layer.${className}`, { inputs: golden.inputs, outputs: [golden.inference.output] }, ['h5']);
    }
    for (const name of trainedHere) await add(await trained(name), `trained.${name}`, await measured(name), ['keras']);
    await writeFile(join(folder, 'manifest.json'), JSON.stringify(cases));
    const { stdout } = await run(await kerasPython(), [join(projectRoot, 'test/keras/exports.py'), join(folder, 'manifest.json')], { env: kerasEnvironment, maxBuffer: 1e8 });
    seen = stdout.trim().split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Seen);
  });

  after(() => rm(folder, { recursive: true, force: true }));

  it('every file loads and predicts what Keras predicted', () => {
    assert.equal(seen.length, cases.length);
    const wrong = seen.filter(({ file, error }) => error === undefined || error > (file.includes('half') ? 2e-3 : 2e-5));
    assert.deepEqual(wrong.map(({ file, error, failure }) => `${basename(file)}: ${failure ?? error}`), []);
  });

  it('training goes on with the optimizer’s slots', () => {
    const trained = seen.filter(({ steps }) => steps);
    assert.ok(trained.length >= 5, String(trained.length));
    for (const { file, steps } of trained) assert.equal(steps![1], steps![0] + 1, file);
    assert.ok(trained.filter(({ steps }) => steps![0] > 0).length >= 5);
    assert.deepEqual(seen.filter(({ file, steps }) => basename(file).startsWith('trained.') && !(steps && steps[0] > 0)), []);
  });

  it('few are refused', () => assert.ok(refused.length <= cases.length / 20, refused.join(', ')));
});
