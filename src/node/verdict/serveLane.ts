import { toErrorRecord } from '../../core/errors';
import type { Engine } from '../../core/ports';
import type { ArmRunner } from '../../core/verdict/runArm';
import { featureFolder, KeptFeatures } from '../features/keptFeatures';
import type { LaneAsk, LaneReply } from './laneMessages';
import { readyVerdict } from './localRunner';

/** Makes this process a lane: it trains what its parent asks, one task after the other, and ends with its parent. */
export function serveLane(openEngine: (name: string) => Promise<Engine>): void {
  let begun: Promise<{ readonly runner: ArmRunner; readonly version: string }> | undefined;
  const reply = (message: LaneReply): void => void process.send?.(message, undefined, undefined, () => undefined);
  const answer = async (ask: LaneAsk): Promise<LaneReply> => {
    if (ask.kind === 'ping') return { kind: 'alive' };
    try {
      if (ask.kind === 'begin') {
        begun = begin(ask, await openEngine(ask.engine));
        return { kind: 'ready', version: (await begun).version };
      }
      if (!begun) throw new Error('a lane was given a task before its plan');
      return { kind: 'done', run: await (await begun).runner.run(ask.task) };
    } catch (thrown) {
      return { kind: 'failed', error: toErrorRecord(thrown) };
    }
  };
  process.on('message', (ask: LaneAsk) => void answer(ask).then(reply));
  process.on('disconnect', () => process.exit(0));
  // The terminal sends Ctrl+C to the whole group: the parent decides what it means.
  process.on('SIGINT', () => undefined);
}

async function begin({ asked, features }: Extract<LaneAsk, { kind: 'begin' }>, engine: Engine): Promise<{ runner: ArmRunner; version: string }> {
  const ready = await readyVerdict(asked);
  return { runner: ready.runnerOn(engine, { features: new KeptFeatures(featureFolder(), features) }), version: engine.version };
}
