import type { EngineName } from '../../src/core/ports';

/** The engines that the conformance suite judges against `reference`; a new one joins with its name. */
export const testedEngines: readonly EngineName[] = ['tensorflow'];
