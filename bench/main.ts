import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '../src/core/ports';
import { rateFactors } from '../src/core/verdict/learningRates';
import { tuningsIn } from '../src/core/verdict/tune';
import { timeCompiling } from '../src/engine/compileTimes';
import { openEngine } from '../src/engine/openEngine';
import { projectRoot } from '../test/support/cached';
import { copySample } from '../test/support/sampleCopy';
import { goals, measuredEngines, type MeasuredEngine, stepJobs, type StepJob } from './jobs';
import { KerasProcess, type StepTimes, TorchProcess } from './pythonProcess';
import { ourCommand, ourFit, ourJob, ourSteps } from './ours';
import { type Compiling, type Measured, median, type Round, writeReport } from './report';

/** `npm run bench [-- --quick] [job …]`: jobs are those of bench/jobs.ts, `frozen`, `run` and `verdict`. */
const quick = process.argv.includes('--quick');
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const silent = { write: () => undefined };

function isWanted(name: string): boolean {
  return wanted.length === 0 || wanted.includes(name);
}

function note(words: string): void {
  process.stderr.write(`${words}\n`);
}

interface Bench {
  readonly keras: KerasProcess;
  readonly torch: TorchProcess | null;
  readonly engines: ReadonlyMap<MeasuredEngine, Engine>;
  readonly folder: string;
  /** Of each step's program, as they are measured. */
  readonly compiling: Compiling[];
  /** The textbook's, in a copy of the sample: its ledger lies beside it. */
  readonly plan: string;
}

/** What each side took in a round. */
interface StepRound {
  readonly ours: ReadonlyMap<MeasuredEngine, StepTimes>;
  readonly keras: StepTimes;
  /** seconds; null where PyTorch is not measured */
  readonly torch: number | null;
}

/** Rounds of all engines and of the others in turn: each engine's figure is held against the others' of its own round. */
async function measureSteps(job: StepJob, bench: Bench): Promise<Measured[]> {
  const { keras, engines, folder, compiling } = bench;
  const place = join(folder, job.name);
  await keras.make(job.name, place);
  for (const engine of engines.values()) {
    const timed = timeCompiling(engine);
    await ourSteps(timed.engine, join(place, 'plan.surgery.json'), 2);
    compiling.push({ job: job.title, engine: engine.name, seconds: timed.times().seconds, most: job.compiling ?? null });
  }
  await keras.steps(place, 2);
  const rounds: StepRound[] = [];
  for (let round = 0; round < job.rounds[quick ? 1 : 0]; round++) rounds.push(await stepRound(job, place, bench));
  return [...engines.keys()].flatMap((engine) => rowsOf(job, engine, rounds));
}

async function stepRound(job: StepJob, place: string, { keras, torch, engines }: Bench): Promise<StepRound> {
  const ours = new Map<MeasuredEngine, StepTimes>();
  for (const [name, engine] of engines) ours.set(name, await ourSteps(engine, join(place, 'plan.surgery.json'), job.epochs));
  const theirs = await keras.steps(place, job.epochs);
  for (const [name, { loss }] of ours) {
    if (job.sameLoss && !(Math.abs(loss - theirs.loss) < 1e-4)) throw new Error(`${job.name}: both must compute the same: loss ${loss} on ${name}, ${theirs.loss} in Keras`);
  }
  return { ours, keras: theirs, torch: torch && job.torch ? await torch.steps(job.name, place, job.epochs) : null };
}

function rowsOf(job: StepJob, engine: MeasuredEngine, rounds: readonly StepRound[]): Measured[] {
  const own = (round: StepRound, figure: 'seconds' | 'processor'): number => round.ours.get(engine)?.[figure] ?? NaN;
  const pairs = (figure: 'seconds' | 'processor'): Round[] => rounds.map((round) => ({ ours: own(round, figure), theirs: round.keras[figure] }));
  const against = rounds.flatMap((round) => (round.torch === null ? [] : [{ ours: own(round, 'seconds'), theirs: round.torch }]));
  return [
    { job: job.title, engine, against: 'Keras', rounds: pairs('seconds'), goal: job.goals[engine], processor: pairs('processor') },
    ...(against.length === 0 ? [] : [{ job: job.title, engine, against: 'PyTorch', rounds: against, goal: job.torch?.[engine] ?? null }]),
  ];
}

async function alternate(count: number, ours: (round: number) => Promise<number>, theirs: () => Promise<number>): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let round = 0; round < count; round++) rounds.push({ ours: await ours(round), theirs: await theirs() });
  return rounds;
}

async function measureFrozen({ keras, engines, folder }: Bench): Promise<Measured[]> {
  const place = join(folder, 'frozen');
  await keras.make('frozenMobileNet', place);
  const measured: Measured[] = [];
  for (const engine of engines.keys()) {
    const rounds = await alternate(quick ? 1 : 3, () => ourFit(engine, join(place, 'plan.surgery.json')), () => keras.fit(place));
    measured.push({ job: 'phase 1 on a frozen MobileNetV2', engine, against: 'Keras', rounds, goal: goals.frozen });
  }
  return measured;
}

/** After what each side loads, and whole processes: Keras' is the time of its imports and then the job. */
async function measureTextbook({ keras, engines, folder, plan }: Bench): Promise<Measured[]> {
  const kept = (kind: string, engine: string, round: number): string => join(folder, `${kind}-${engine}-${round}`);
  await keras.textbook(folder);
  for (const engine of engines.keys()) await ourJob(engine, plan, kept('warm', engine, 0));
  const rounds: { readonly job: Map<string, number>; readonly whole: Map<string, number>; readonly theirs: number }[] = [];
  for (let round = 0; round < (quick ? 2 : 5); round++) {
    const [job, whole] = [new Map<string, number>(), new Map<string, number>()];
    for (const engine of engines.keys()) {
      job.set(engine, await ourJob(engine, plan, kept('job', engine, round)));
      const out = kept('run', engine, round);
      whole.set(engine, await ourCommand(['run', plan, '--out', out, '--engine', engine], out));
    }
    rounds.push({ job, whole, theirs: await keras.textbook(folder) });
  }
  const row = (title: string, engine: string, { ours, added, goal }: { ours: 'job' | 'whole'; added: number; goal: number | null }): Measured => ({
    job: title, engine, against: 'Keras', goal,
    rounds: rounds.map((round) => ({ ours: round[ours].get(engine) ?? NaN, theirs: round.theirs + added })),
  });
  return [...engines.keys()].flatMap((engine) => [
    row('the textbook job', engine, { ours: 'job', added: 0, goal: goals.textbook }),
    row('the textbook job, whole processes', engine, { ours: 'whole', added: keras.importing, goal: null }),
    row('the textbook job, whole process against the script after its imports', engine, { ours: 'whole', added: 0, goal: null }),
  ]);
}

/** By pairs, against a loop in Keras of as many trainings: those of the pairs and those that the scratch arm is tuned by. */
async function measureVerdict({ keras, engines, folder, plan }: Bench): Promise<Measured[]> {
  const pairs = quick ? 10 : 30;
  const tuning = tuningsIn(pairs, 0) * rateFactors.length;
  await keras.arm('scratch');
  const loop = async (): Promise<number> => ((await keras.arm('transfer')) * pairs + (await keras.arm('scratch')) * (pairs + tuning)) / pairs;
  const measured: Measured[] = [];
  for (const engine of engines.keys()) {
    const before = await loop();
    const ours = (await ourCommand(['verdict', plan, '--pairs', String(pairs), '--engine', engine], folder)) / pairs;
    const theirs = (before + (await loop())) / 2;
    measured.push({ job: `verdict, a pair of ${pairs}`, engine, against: 'Keras', rounds: [{ ours, theirs }], goal: goals.verdict });
  }
  return measured;
}

async function openEngines(): Promise<Map<MeasuredEngine, Engine>> {
  const engines = new Map<MeasuredEngine, Engine>();
  for (const name of measuredEngines) {
    try {
      engines.set(name, await openEngine(name, silent));
    } catch (error) {
      note(`${name} is not measured: ${String(error)}`);
    }
  }
  return engines;
}

async function measureAll(bench: Bench): Promise<Measured[]> {
  const measured: Measured[] = [];
  const add = (rows: readonly Measured[]): void => {
    measured.push(...rows);
    for (const { job, engine, against, rounds } of rows) note(`${job}, ${engine} against ${against}: ${median(rounds.map(({ ours, theirs }) => theirs / ours)).toFixed(2)}`);
  };
  for (const job of stepJobs.filter(({ name }) => isWanted(name))) {
    add(await measureSteps(job, bench));
  }
  const whole = { frozen: measureFrozen, run: measureTextbook, verdict: measureVerdict };
  for (const [, measure] of Object.entries(whole).filter(([one]) => isWanted(one))) {
    add(await measure(bench));
  }
  return measured;
}

async function main(): Promise<void> {
  if (!existsSync(join(projectRoot, 'dist/cli.js'))) throw new Error('dist/cli.js is missing: npm run build');
  const folder = await mkdtemp(join(tmpdir(), 'model-surgery-bench-'));
  const sample = copySample();
  const engines = await openEngines();
  const compiling: Compiling[] = [];
  const keras = await KerasProcess.start();
  const torch = await TorchProcess.start();
  try {
    const measured = await measureAll({ keras, torch, engines, folder, compiling, plan: join(sample.folder, 'transfer.surgery.json') });
    const versions = { ...keras.versions, torch: torch?.version ?? null, engines: [...engines.values()].map(({ name, version }) => `${name} ${version}`), node: process.versions.node };
    const machine = { cores: cpus().length, processor: cpus()[0]?.model ?? 'unknown', system: `${process.platform} ${process.arch}`, load: loadavg()[0] };
    process.stdout.write(await writeReport({ measured, compiling, quick, versions, machine }));
  } finally {
    keras.stop();
    torch?.stop();
    await Promise.all([...engines.values()].map((engine) => engine.dispose()));
    sample.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
