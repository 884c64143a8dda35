import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { DataSets } from '../src/core/data/dataSet';
import { writeKeras } from '../src/core/formats/writeKeras';
import type { Program } from '../src/core/ops/program';
import type { CompiledProgram, Engine } from '../src/core/ports';
import { runPlan } from '../src/core/run/runPlan';
import { openEngine } from '../src/engine/openEngine';
import { sha256 } from '../src/node/fileBytes';
import { loadPlanData } from '../src/node/jobs/dataFiles';
import type { OpenedModel } from '../src/node/jobs/openModel';
import { openPlan, openPlannedModel, type OpenedPlan } from '../src/node/jobs/planFile';
import { projectRoot } from '../test/support/cached';
import { KerasProcess, type StepTimes } from './kerasProcess';
import { median, type Measured, type Round, writeReport } from './report';

const rounds = 15;
const jobRounds = 5;
/** The first epoch warms up and is not counted, here and in Keras. */
const epochs = 4;
const planPath = join(projectRoot, 'samples/fashion-mnist/transfer.surgery.json');
const clock = { now: () => performance.timeOrigin + performance.now() };

interface Subject {
  readonly engine: Engine;
  readonly model: OpenedModel;
  readonly plan: OpenedPlan;
  readonly data: DataSets;
}

/** The last phase of the textbook (all weights trainable, SGD) over the whole pool, in the order of the file, nothing else. */
async function subject(engine: Engine): Promise<Subject> {
  const opened = await openPlan(planPath);
  const train = { ...opened.plan.data.train };
  delete train.take;
  const phase = { ...opened.plan.phases[opened.plan.phases.length - 1], epochs, shuffle: false };
  const plan = { ...opened, plan: { ...opened.plan, data: { train }, phases: [phase] } };
  const model = await openPlannedModel(plan);
  return { engine, model, plan, data: await loadPlanData(plan, model.model) };
}

/** seconds of all threads of this process */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

async function ourSteps({ engine, model, plan, data }: Subject): Promise<StepTimes> {
  const ends: { readonly time: number; readonly processor: number }[] = [];
  const between: number[] = [];
  let loss = NaN;
  await runPlan({
    model: model.model, plan: plan.plan, seed: { initialization: 0, order: 0, sample: 0 }, data, clock, sha256,
    engine: timedEngine(engine, between),
    source: { plan: plan.path, model: { path: model.path, sha256: model.sha256 } },
    emit: (event) => {
      if (event.type !== 'epoch') return;
      ends.push({ time: performance.now() / 1000, processor: processorTime() });
      loss = event.loss;
    },
  });
  const steps = (epochs - 1) * Math.ceil(data.train.samples / 32);
  const [first, last] = [ends[0], ends[ends.length - 1]];
  return { seconds: (last.time - first.time) / steps, processor: (last.processor - first.processor) / steps, betweenBatches: median(between), loss };
}

/** Notes for each step the seconds since the step before it; several that were handed over together share theirs. */
function timedEngine(engine: Engine, between: number[]): Engine {
  const compile = async (program: Program): Promise<CompiledProgram> => {
    const compiled = await engine.compile(program);
    let last: number | undefined;
    return {
      writeState: (states) => compiled.writeState(states),
      readState: (names) => compiled.readState(names),
      dispose: () => compiled.dispose(),
      run: async (steps) => {
        const outputs = await compiled.run(steps);
        const now = performance.now();
        const began = last;
        if (began !== undefined) between.push(...steps.map(() => (now - began) / 1000 / steps.length));
        last = now;
        return outputs;
      },
    };
  };
  return { name: engine.name, version: engine.version, compile, dispose: () => engine.dispose() };
}

/** The whole process, from its start to its end: Node, engine, data, both phases, evaluation, both models on the disk. */
async function ourJob(out: string): Promise<{ seconds: number; accuracy: number }> {
  await mkdir(out, { recursive: true });
  const started = performance.now();
  const child = spawn(process.execPath, [join(projectRoot, 'dist/cli.js'), 'run', planPath, '--out', out, '--quiet'], { stdio: 'inherit' });
  const code = await new Promise<number | null>((done) => child.once('close', done));
  const seconds = (performance.now() - started) / 1000;
  if (code !== 0) throw new Error(`the run ended with ${String(code)}`);
  const events = (await readFile(join(out, 'events.jsonl'), 'utf8')).trim().split('\n').map((line) => JSON.parse(line) as { type: string; test?: { accuracy: number } });
  return { seconds, accuracy: events.find(({ type }) => type === 'result')?.test?.accuracy ?? NaN };
}

async function measureSteps(tested: Subject, keras: KerasProcess, model: string): Promise<Measured['steps']> {
  const measured: { readonly ours: StepTimes; readonly theirs: StepTimes }[] = [];
  await ourSteps(tested);
  await keras.steps(model, epochs);
  for (let round = 0; round < rounds; round++) measured.push({ ours: await ourSteps(tested), theirs: await keras.steps(model, epochs) });
  const pairs = (figure: keyof StepTimes): Round[] => measured.map(({ ours, theirs }) => ({ ours: ours[figure], keras: theirs[figure] }));
  const [losses] = pairs('loss');
  const apart = Math.abs(losses.ours - losses.keras);
  if (!(apart < 1e-4)) throw new Error(`both must compute the same: loss ${losses.ours} here, ${losses.keras} in Keras`);
  return { whole: pairs('seconds'), between: pairs('betweenBatches'), processor: pairs('processor'), losses };
}

async function measureJobs(keras: KerasProcess, folder: string): Promise<Measured['jobs']> {
  const measured: Round[] = [];
  let accuracies = { ours: NaN, keras: NaN };
  await keras.job(folder);
  for (let round = 0; round < jobRounds; round++) {
    const ours = await ourJob(join(folder, `run-${round}`));
    const theirs = await keras.job(folder);
    measured.push({ ours: ours.seconds, keras: theirs.seconds });
    accuracies = { ours: ours.accuracy, keras: theirs.accuracy };
  }
  return { rounds: measured, accuracies };
}

async function main(): Promise<void> {
  if (!existsSync(join(projectRoot, 'dist/cli.js'))) throw new Error('dist/cli.js is missing: npm run build');
  const folder = await mkdtemp(join(tmpdir(), 'model-surgery-bench-'));
  const engine = await openEngine('onnxruntime', { write: () => undefined });
  const keras = await KerasProcess.start();
  try {
    const tested = await subject(engine);
    const model = join(folder, 'start.keras');
    await writeFile(model, await writeKeras(tested.model.model));
    const steps = await measureSteps(tested, keras, model);
    const jobs = await measureJobs(keras, folder);
    const versions = { ...keras.versions, engine: `${engine.name} ${engine.version}`, node: process.versions.node };
    const machine = { cores: cpus().length, processor: cpus()[0]?.model ?? 'unknown', system: `${process.platform} ${process.arch}`, load: loadavg()[0] };
    process.stdout.write(await writeReport({ steps, jobs, versions, machine }));
  } finally {
    keras.stop();
    await engine.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
