import { SurgeryError } from '../core/errors';
import type { Engine, EngineName, EngineReport, Log } from '../core/ports';
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
}

/** Best first. */
const candidates: readonly Candidate[] = [
  {
    name: 'tensorflow',
    // A run of its conformance suite was seen to stand still: until that is understood it must be named.
    automatic: false,
    about: 'libtensorflow, through @tensorflow/tfjs-node: on trial, taken only when named',
    open: () => Promise.resolve().then(() => new TensorflowEngine(findLibrary())),
  },
  {
    name: 'onnxruntime',
    automatic: true,
    about: 'onnxruntime, native',
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
 * Opens an engine: the one that is named, or for `auto` the first that runs here, and logs which and why not the others.
 * Throws `usage` for a name that is not an engine's, `engine-unavailable` where the engine cannot run here.
 */
export async function openEngine(choice: string, log: Log): Promise<Engine> {
  if (choice !== AUTO) return openNamed(choice);
  const failures: string[] = [];
  for (const candidate of candidates.filter(({ automatic }) => automatic)) {
    const opened = await attempt(candidate);
    if ('engine' in opened) {
      const { name, version } = opened.engine;
      log.write('info', [`Engine ${name} ${version}.`, ...failures].join(' '));
      return opened.engine;
    }
    failures.push(`${candidate.name} is unavailable: ${opened.reason}.`);
    // Only a native library that should be there is worth a warning.
    if (candidate.name === 'onnxruntime') log.write('warn', `onnxruntime's native library does not load, taking WebAssembly instead: ${opened.reason}`);
  }
  throw new SurgeryError('engine-unavailable', 'No engine runs on this machine.', { received: failures.join(' ') });
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

/** Each engine, best first: whether it runs here, its version, and which one `choice` takes. Throws as `openEngine` for a wrong name. */
export async function reportEngines(choice: string): Promise<EngineReport[]> {
  const asked = choice === AUTO ? undefined : find(choice);
  const trials = await Promise.all(candidates.map(async (candidate) => ({ candidate, trial: await attempt(candidate) })));
  const taken = trials.find(({ candidate, trial }) => 'engine' in trial && (asked ? candidate === asked : candidate.automatic));
  const reports = trials.map(({ candidate, trial }): EngineReport => ({
    name: candidate.name,
    available: 'engine' in trial,
    version: 'engine' in trial ? trial.engine.version : null,
    reason: 'engine' in trial ? candidate.about : trial.reason,
    chosen: candidate === taken?.candidate,
  }));
  for (const { trial } of trials) if ('engine' in trial) await trial.engine.dispose();
  return reports;
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
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}
