import { SurgeryError } from '../core/errors';
import type { Engine, EngineName, EngineReport, Log } from '../core/ports';
import type { NetworkSize } from '../core/training/networkSize';
import { fasterEngine, rule } from './chooseEngine';
import { OnnxEngine } from './onnxruntime/onnxEngine';
import { loadNativeRuntime } from './onnxruntime/native';
import { loadWasmRuntime } from './onnxruntime/wasm';
import { ReferenceEngine } from './reference/referenceEngine';
import { findLibrary } from './tensorflow/library';
import { TensorflowEngine } from './tensorflow/tensorflowEngine';

/** What one may ask for: an engine by name, or the best that runs here. */
const AUTO = 'auto';

interface Candidate {
  readonly name: EngineName;
  /** Whether `auto` may take it. */
  readonly automatic: boolean;
  readonly about: string;
  /** Rejects where the engine cannot run here. */
  open(): Promise<Engine>;
  /** What can be said of it without loading a large library. Throws where it is not there. */
  readonly look?: () => { readonly version: string; readonly about: string };
}

/** The first two change places for small networks. */
const candidates: readonly Candidate[] = [
  {
    name: 'tensorflow',
    automatic: true,
    about: 'libtensorflow',
    open: () => Promise.resolve().then(() => {
      const library = findLibrary();
      return new TensorflowEngine(library.load(), library.version);
    }),
    look: () => {
      const { version, about } = findLibrary();
      return { version, about: `libtensorflow, taken ${rule}: ${about}` };
    },
  },
  {
    name: 'onnxruntime',
    automatic: true,
    about: 'onnxruntime, native: one thread, two for heavy steps; taken for smaller networks, and where there is no TensorFlow',
    open: async () => new OnnxEngine(await loadNativeRuntime()),
  },
  {
    name: 'onnxruntime-wasm',
    automatic: true,
    about: 'onnxruntime in WebAssembly: slower, runs anywhere',
    open: async () => new OnnxEngine(await loadWasmRuntime()),
  },
  {
    name: 'reference',
    automatic: false,
    about: 'plain JavaScript in float64: exact and slow, taken only when named',
    open: () => Promise.resolve(new ReferenceEngine()),
  },
];

/**
 * Opens an engine: the one that is named, or for `auto` the one that is faster for the network, else the next that runs here, and
 * logs which and why not the others. Throws `usage` for a name that is not an engine's, `engine-unavailable` where the engine cannot
 * run here.
 */
export async function openEngine(choice: string, log: Log, asked?: NetworkSize | Promise<NetworkSize>): Promise<Engine> {
  if (choice !== AUTO) return openNamed(choice);
  // While the network is waited for, the library that most of them take loads; it is a small one.
  if (asked instanceof Promise) loadNativeRuntime().catch(() => undefined);
  const network = await asked;
  const failures: string[] = [];
  const faster = network && fasterEngine(network);
  for (const candidate of automatic(network)) {
    const opened = await attempt(candidate);
    if ('engine' in opened) {
      const { name, version } = opened.engine;
      const why = [...(faster?.name === name ? [faster.why] : []), ...failures].join('; ');
      log.write('info', `Engine ${name} ${version}${why && `: ${why}`}.`);
      return because(opened.engine, why);
    }
    failures.push(`${candidate.name} is unavailable: ${opened.reason}`);
    await warnOf(candidate, opened.reason, log);
  }
  throw new SurgeryError('engine-unavailable', 'No engine runs on this machine.', { received: failures.join('; ') });
}

/** Which `auto` tries, in this order. */
function automatic(network: NetworkSize | undefined): Candidate[] {
  const first = network && fasterEngine(network).name;
  const rank = ({ name }: Candidate): number => (name === first ? 0 : 1);
  return candidates.filter((candidate) => candidate.automatic).sort((a, b) => rank(a) - rank(b));
}

/** Only a native library that should be there is worth a warning. */
async function warnOf(candidate: Candidate, reason: string, log: Log): Promise<void> {
  if (candidate.name === 'onnxruntime') log.write('warn', `onnxruntime's native library does not load, taking another engine: ${reason}`);
  if (candidate.look && 'version' in (await examine(candidate))) log.write('warn', `${candidate.name} is installed and does not load, taking another engine: ${reason}`);
}

function because(engine: Engine, why: string): Engine {
  if (why === '') return engine;
  return { name: engine.name, version: engine.version, why, compile: (program) => engine.compile(program), dispose: () => engine.dispose() };
}

async function openNamed(choice: string): Promise<Engine> {
  const candidate = find(choice);
  const opened = await attempt(candidate);
  if ('engine' in opened) return opened.engine;
  throw new SurgeryError('engine-unavailable', `The engine ${candidate.name} is unavailable: ${opened.reason}.`, {
    expected: 'an engine that runs here, see the command "engines"',
    received: candidate.name,
  });
}

/**
 * Each engine: whether it runs here, its version, and which one `choice` takes, for a network of this size where it is given. Throws
 * as `openEngine` for a wrong name.
 */
export async function reportEngines(choice: string, network?: NetworkSize): Promise<EngineReport[]> {
  const asked = choice === AUTO ? undefined : find(choice);
  const trials = await Promise.all(candidates.map(async (candidate) => ({ candidate, trial: await examine(candidate) })));
  const runs = (candidate: Candidate): boolean => trials.some((one) => one.candidate === candidate && 'version' in one.trial);
  const taken = (asked ? [asked] : automatic(network)).find(runs);
  const faster = asked ? undefined : network && fasterEngine(network);
  return trials.map(({ candidate, trial }): EngineReport => ({
    name: candidate.name,
    available: 'version' in trial,
    version: 'version' in trial ? trial.version : null,
    reason: 'reason' in trial ? trial.reason : candidate === taken && faster?.name === candidate.name ? `${trial.about}; here ${faster.why}` : trial.about,
    chosen: candidate === taken,
  }));
}

type Trial = { readonly version: string; readonly about: string } | { readonly reason: string };

async function examine(candidate: Candidate): Promise<Trial> {
  if (candidate.look) {
    try {
      return candidate.look();
    } catch (error) {
      return { reason: words(error) };
    }
  }
  const trial = await attempt(candidate);
  if ('reason' in trial) return trial;
  await trial.engine.dispose();
  return { version: trial.engine.version, about: candidate.about };
}

function find(name: string): Candidate {
  const candidate = candidates.find((known) => known.name === name);
  if (candidate) return candidate;
  throw new SurgeryError('usage', 'There is no engine of this name.', {
    expected: [AUTO, ...candidates.map((known) => known.name)].join(', '),
    received: name,
    where: 'engine',
  });
}

async function attempt(candidate: Candidate): Promise<{ engine: Engine } | { reason: string }> {
  try {
    return { engine: await candidate.open() };
  } catch (error) {
    return { reason: words(error) };
  }
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
