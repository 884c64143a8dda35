import { elementwiseCases } from './elementwiseCases';
import { loopAndRowCases } from './loopCases';
import type { OpCase } from './opCase';
import { productCases } from './productCases';
import { shapingCases } from './shapingCases';

/** Every operation in its uses; each engine computes them all. */
export const opCases: readonly OpCase[] = [...elementwiseCases, ...shapingCases, ...productCases, ...loopAndRowCases];
