import assert from 'node:assert/strict';
import { lossNames, optimizerNames } from '../../../../src/core/plan/kerasNames';
import { resolveLoss } from '../../../../src/core/training/losses/losses';
import { resolveOptimizer } from '../../../../src/core/training/optimizers/registry';

/** The list in the message that refuses a name which nobody has. */
function known(refused: () => unknown): string[] {
  try {
    refused();
  } catch (error) {
    return String((error as { readonly expected?: string }).expected).replace('one of ', '').split(', ');
  }
  throw new Error('it was taken');
}

describe('names that a plan may take', () => {
  it('are those of the optimizers', () => {
    assert.deepEqual([...optimizerNames].sort(), known(() => resolveOptimizer('nobody', 'x')).sort());
  });

  it('are those of the losses', () => {
    const type = { shape: [-1, 2], dtype: 'float32' } as const;
    assert.deepEqual([...lossNames].sort(), known(() => resolveLoss('nobody', { target: type, output: type }, 'x')).sort());
  });
});
