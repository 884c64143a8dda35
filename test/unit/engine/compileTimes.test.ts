import assert from 'node:assert/strict';
import { Graph } from '../../../src/core/ops/graph';
import type { Program } from '../../../src/core/ops/program';
import { BATCH } from '../../../src/core/ops/shape';
import { exp } from '../../../src/core/ops/unary';
import { timeCompiling } from '../../../src/engine/compileTimes';
import { ReferenceEngine } from '../../../src/engine/reference/referenceEngine';

function program(): Program {
  const graph = new Graph();
  graph.output('y', exp(graph.input('x', { shape: [BATCH], dtype: 'float32' })));
  return graph.finish();
}

const step = { x: { dtype: 'float32', shape: [2], data: Float32Array.of(0, 0) } } as const;

describe('the time of compiling', () => {
  it('counts each program and its first call, and no later one', async () => {
    const { engine, times } = timeCompiling(new ReferenceEngine());
    assert.deepEqual(times(), { programs: 0, seconds: 0 });
    const compiled = await engine.compile(program());
    const before = times();
    await compiled.run([step]);
    const after = times();
    await compiled.run([step]);
    assert.deepEqual([before.programs, times()], [1, after]);
    assert.ok(before.seconds > 0 && after.seconds > before.seconds);
    await (await engine.compile(program())).dispose();
    assert.equal(times().programs, 2);
  });

  it('leaves the engine and its programs what they are', async () => {
    const { engine } = timeCompiling(new ReferenceEngine());
    assert.deepEqual([engine.name, engine.version, engine.why], ['reference', '1', undefined]);
    const compiled = await engine.compile(program());
    assert.ok(compiled.exactState);
    const [{ y }] = await compiled.run([step]);
    assert.deepEqual([...y.data], [1, 1]);
    assert.deepEqual(await compiled.readState(), {});
    await engine.dispose();
  });
});
