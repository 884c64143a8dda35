import type { ArmRun } from '../../src/core/verdict/runArm';
import type { LaneAsk, LaneReply } from '../../src/node/verdict/laneMessages';

// A lane that trains nothing: what it does wrong is told by LANE_STUB.
const mode = process.env.LANE_STUB;
if (mode === 'absent') process.exit(1);
let tasks = 0;
const reply = (message: LaneReply): void => void process.send?.(message);
process.on('disconnect', () => process.exit(0));
process.on('message', (ask: LaneAsk) => {
  if (ask.kind === 'begin') { reply({ kind: 'ready', version: mode === 'other engine' ? '2' : '1' }); return; }
  if (ask.kind === 'ping') { reply({ kind: 'alive' }); return; }
  tasks += 1;
  // As a native call that does not come back.
  if (mode === 'hangs' && tasks === 2) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  if (mode === 'dies' && tasks === 2) process.kill(process.pid, 'SIGKILL');
  if (mode === 'fails') { reply({ kind: 'failed', error: { code: 'data-mismatch', message: 'wrong data' } }); return; }
  const run: ArmRun = { figures: { loss: ask.task.seeds.order }, seconds: 1000, testSamples: 10, curve: [] };
  reply({ kind: 'done', run });
});
