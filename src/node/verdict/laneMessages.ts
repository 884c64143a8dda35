import type { ErrorRecord } from '../../core/errors';
import type { FeatureBudget } from '../../core/run/features';
import type { ArmRun, ArmTask } from '../../core/verdict/runArm';
import type { ArmsOfPlan } from './localRunner';

/** An argument that makes an entry of ours a lane: a process that trains arms of a verdict for the one that started it. */
export const laneArgument = '--lane-of-a-verdict';

/** To a lane; `ping` asks for a sign of life. It ends when the way to its parent is closed. */
export type LaneAsk = { readonly kind: 'begin'; readonly asked: ArmsOfPlan; readonly engine: string; /** Of this lane. */ readonly features: FeatureBudget } | { readonly kind: 'task'; readonly task: ArmTask } | { readonly kind: 'ping' };

/** From a lane: `ready` once, then an answer to each task; `alive` to each `ping`. */
export type LaneReply =
  | { readonly kind: 'ready'; readonly version: string }
  | { readonly kind: 'alive' }
  | { readonly kind: 'done'; readonly run: ArmRun }
  | { readonly kind: 'failed'; readonly error: ErrorRecord };
