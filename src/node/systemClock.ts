import type { Clock } from '../core/ports';

/** The time of day of this machine. */
export const systemClock: Clock = { now: () => Date.now() };
