import { workerAskGuards } from '../protocol/guards';
import { toErrorRecord } from '../core/errors';
import { openEngine } from '../engine/openEngine';
import { laneArgument } from '../node/verdict/laneMessages';
import { serveLane } from '../node/verdict/serveLane';
import { compareCalls } from './compareCalls';
import { dataCalls } from './dataCalls';
import { engineCalls } from './engineCalls';
import { inspectCalls } from './inspectCalls';
import { installCalls } from './installCalls';
import { OpenModels } from './openModels';
import { runCalls } from './runCalls';
import { serve, type Tell } from './serve';
import { verdictCalls } from './verdictCalls';
import { weightCalls } from './weightCalls';

/** ms that a run is given to write its last weights after the parent has gone */
const grace = 30_000;

function handlers(tell: Tell) {
  const models = new OpenModels();
  return {
    ...inspectCalls(models), ...weightCalls(models), ...compareCalls(models), ...runCalls(models, tell), ...verdictCalls(models, tell), ...engineCalls(models), ...installCalls(tell), ...dataCalls(),
  };
}

/** What nobody caught leaves this process in an unknown state: it says so and ends, and its supervisor starts another. */
function endLoudly(tell: Tell): void {
  process.on('uncaughtException', (thrown) => {
    tell('log', { level: 'error', message: `Uncaught: ${toErrorRecord(thrown).message}` });
    setImmediate(() => process.exit(1));
  });
}

if (process.argv[2] === laneArgument && process.send) {
  serveLane((name) => openEngine(name, { write: () => undefined }));
} else if (process.send) {
  endLoudly(serve(process, { handlers, guards: workerAskGuards, end: () => process.exit(0), grace }));
} else {
  process.stderr.write('This is the worker of Model Surgery. It is started by the extension.\n');
  process.exitCode = 2;
}
