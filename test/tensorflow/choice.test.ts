import assert from 'node:assert/strict';
import { mul } from '../../src/core/ops/binary';
import { Graph } from '../../src/core/ops/graph';
import { openEngine, reportEngines } from '../../src/engine/openEngine';

describe('the choice of an engine where TensorFlow is installed', () => {
  it('is TensorFlow, which computes', async () => {
    const lines: string[] = [];
    const engine = await openEngine('auto', { write: (level, message) => lines.push(`${level}: ${message}`) });
    try {
      assert.equal(engine.name, 'tensorflow');
      assert.deepEqual(lines, [`info: Engine tensorflow ${engine.version}.`]);
      const graph = new Graph();
      graph.output('y', mul(graph.input('x', { shape: [2], dtype: 'float32' }), 2));
      const program = await engine.compile(graph.finish());
      const [{ y }] = await program.run([{ x: { dtype: 'float32', shape: [2], data: Float32Array.of(3, 4) } }]);
      assert.deepEqual([...y.data], [6, 8]);
    } finally {
      await engine.dispose();
    }
  });

  it('is told with version, place and threads', async () => {
    const [first, ...others] = await reportEngines('auto');
    assert.equal(first.name, 'tensorflow');
    assert.equal(first.chosen, true);
    assert.match(first.version ?? '', /^\d+\.\d+\.\d+$/);
    assert.ok(first.reason.includes(process.env.MODEL_SURGERY_TENSORFLOW ?? 'no folder'), first.reason);
    assert.match(first.reason, /\d+ threads?$/);
    assert.deepEqual(others.filter(({ chosen }) => chosen), []);
  });

  it('is another where another is named', async () => {
    const reports = await reportEngines('onnxruntime');
    assert.deepEqual(reports.filter(({ chosen }) => chosen).map(({ name }) => name), ['onnxruntime']);
  });
});
