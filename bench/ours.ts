import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Program } from '../src/core/ops/program';
import type { CompiledProgram, Engine } from '../src/core/ports';
import { runPlan } from '../src/core/run/runPlan';
import { openEngine } from '../src/engine/openEngine';
import { sha256 } from '../src/node/fileBytes';
import { loadPlanData } from '../src/node/jobs/dataFiles';
import { openPlan, openPlannedModel } from '../src/node/jobs/planFile';
import { runPlanJob } from '../src/node/jobs/runPlan';
import { projectRoot } from '../test/support/cached';
import type { StepTimes } from './pythonProcess';
import { median } from './report';

const clock = { now: () => performance.timeOrigin + performance.now() };

/** seconds of all threads of this process */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

interface Watched {
  readonly engine: Engine;
  readonly planPath: string;
  /** In place of the plan's. */
  readonly epochs?: number;
  readonly onEpoch?: (loss: number) => void;
}

/** Runs a plan's phases; seconds from the opened model to the last event. */
async function run({ engine, planPath, epochs, onEpoch }: Watched): Promise<number> {
  const opened = await openPlan(planPath);
  const phases = opened.plan.phases.map((phase) => (epochs === undefined ? phase : { ...phase, epochs }));
  const plan = { ...opened, plan: { ...opened.plan, phases } };
  const model = await openPlannedModel(plan);
  const data = await loadPlanData(plan, model.model);
  const started = performance.now();
  await runPlan({
    model: model.model, plan: plan.plan, seed: { initialization: 0, order: 0, sample: 0 }, data, clock, sha256, engine,
    source: { plan: plan.path, model: { path: model.path, sha256: model.sha256 } },
    emit: (event) => {
      if (event.type === 'epoch') onEpoch?.(event.loss);
    },
  });
  return (performance.now() - started) / 1000;
}

/** As Keras' side has it: the first epoch is not counted. */
export async function ourSteps(engine: Engine, planPath: string, epochs: number): Promise<StepTimes> {
  const ends: { readonly time: number; readonly processor: number; readonly loss: number; readonly steps: number }[] = [];
  const between: number[] = [];
  await run({
    engine: timedEngine(engine, between), planPath, epochs,
    onEpoch: (loss) => ends.push({ time: performance.now() / 1000, processor: processorTime(), loss, steps: between.length }),
  });
  const [first, last] = [ends[0], ends[ends.length - 1]];
  const steps = last.steps - first.steps;
  return { seconds: (last.time - first.time) / steps, processor: (last.processor - first.processor) / steps, betweenBatches: median(between), loss: last.loss };
}

/** seconds of a plan's phases, compiling counted, in an engine that holds nothing of it yet */
export async function ourFit(name: string, planPath: string): Promise<number> {
  const engine = await openEngine(name, { write: () => undefined });
  try {
    return await run({ engine, planPath });
  } finally {
    await engine.dispose();
  }
}

/** seconds of a plan's run in this process, from the plan to both models on the disk; the engine is opened anew, its library is loaded */
export async function ourJob(name: string, planPath: string, out: string): Promise<number> {
  const started = performance.now();
  const plan = await openPlan(planPath);
  const model = await openPlannedModel(plan);
  const engine = await openEngine(name, { write: () => undefined });
  try {
    const { type } = await runPlanJob({ model, plan, engine, out, onEvent: () => undefined });
    if (type !== 'result') throw new Error(`the job ended with ${type}`);
  } finally {
    await engine.dispose();
  }
  return (performance.now() - started) / 1000;
}

/** Notes for each step the seconds since the step before it; several that were handed over together share theirs. */
function timedEngine(engine: Engine, between: number[]): Engine {
  const compile = async (program: Program): Promise<CompiledProgram> => {
    const compiled = await engine.compile(program);
    let last = performance.now();
    return {
      writeState: (states) => compiled.writeState(states),
      readState: (names) => compiled.readState(names),
      dispose: () => compiled.dispose(),
      run: async (steps) => {
        const outputs = await compiled.run(steps);
        const now = performance.now();
        const began = last;
        between.push(...steps.map(() => (now - began) / 1000 / steps.length));
        last = now;
        return outputs;
      },
    };
  };
  return { name: engine.name, version: engine.version, compile, dispose: () => engine.dispose() };
}

/** The command line in a process of its own; seconds from its start to its end. */
export async function ourCommand(args: readonly string[], out: string): Promise<number> {
  await mkdir(out, { recursive: true });
  const started = performance.now();
  const child = spawn(process.execPath, [join(projectRoot, 'dist/cli.js'), ...args, '--quiet'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await new Promise<number | null>((done) => child.once('close', done));
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${String(code)}`);
  return (performance.now() - started) / 1000;
}
