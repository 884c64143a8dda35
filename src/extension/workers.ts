import { delimiter } from 'node:path';
import * as vscode from 'vscode';
import type { LogOutputChannel } from 'vscode';
import { tensorflowFolder } from '../core/install/tensorflowFolder';
import { workspaceVariable } from '../core/ledger/workspace';
import type { RunEvent } from '../core/run/events';
import { featuresVariable } from '../core/run/features';
import type { VerdictEvent } from '../core/verdict/records';
import type { WorkerEvents } from '../protocol/workerCalls';
import { forkWorker } from './forkWorker';
import { WorkerClient, type WorkerClientOptions } from './workerClient';

export interface WorkersOptions {
  /** The worker's bundle, absolute. */
  readonly entry: string;
  /** Where an installed TensorFlow lies, absolute; the folder need not be there. */
  readonly tensorflow: string;
  /** Where outputs of frozen layers are kept, absolute. */
  readonly features: string;
  readonly log: LogOutputChannel;
  readonly onRun: (event: RunEvent) => void;
  readonly onVerdict: (event: VerdictEvent) => void;
  /** What the installation of TensorFlow is doing. */
  readonly onInstall: (message: string) => void;
  readonly onEnded: (name: string, reason: string) => void;
}

/** ms; a file that takes longer to open is hostile or broken */
const openingDeadline = 60_000;
/** ms; a step of a large model is one long call into the engine */
const trainingSilence = 300_000;
/** ms */
const idleAfter = 600_000;

function environmentFor({ tensorflow, features }: Pick<WorkersOptions, 'tensorflow' | 'features'>): NodeJS.ProcessEnv {
  const open = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file').map(({ uri }) => uri.fsPath);
  return { [tensorflowFolder.variable]: process.env[tensorflowFolder.variable] ?? tensorflow, [featuresVariable]: process.env[featuresVariable] ?? features, [workspaceVariable]: open.join(delimiter) };
}

/**
 * Two workers of one bundle: the reader parses files that nobody vouches for and is killed at a deadline; the trainer may
 * take as long as it needs.
 */
export function startWorkers({ entry, tensorflow, features, log, onRun, onVerdict, onInstall, onEnded }: WorkersOptions): { readonly reader: WorkerClient; readonly trainer: WorkerClient } {
  const client = (name: string, memory: number, limits: Pick<WorkerClientOptions, 'deadline' | 'silence'>): WorkerClient => new WorkerClient({
    name, ...limits, idle: idleAfter, onEnded, now: () => Date.now(),
    start: () => forkWorker({ entry, memory, environment: environmentFor({ tensorflow, features }), onOutput: (text) => log.info(name, text) }),
    onEvent: (kind, event) => {
      if (kind === 'run') {
        onRun(event as RunEvent);
      } else if (kind === 'verdict') {
        onVerdict(event as VerdictEvent);
      } else if (kind === 'install') {
        const { message } = event as WorkerEvents['install'];
        log.info(message);
        onInstall(message);
      } else {
        const { level, message } = event as WorkerEvents['log'];
        log[level](message);
      }
    },
  });
  return {
    reader: client('The model reader', 1024, { deadline: openingDeadline, silence: null }),
    trainer: client('The training worker', 4096, { deadline: null, silence: trainingSilence }),
  };
}
