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
      assert.equal(engine.why, undefined);
      const graph = new Graph();
      graph.output('y', mul(graph.input('x', { shape: [2], dtype: 'float32' }), 2));
      const program = await engine.compile(graph.finish());
      const [{ y }] = await program.run([{ x: { dtype: 'float32', shape: [2], data: Float32Array.of(3, 4) } }]);
      assert.deepEqual([...y.data], [6, 8]);
    } finally {
      await engine.dispose();
    }
  });

  it('is that of the network: small ones go to onnxruntime, and say why', async () => {
    const lines: string[] = [];
    const log = { write: (level: string, message: string) => lines.push(`${level}: ${message}`) };
    for (const [network, name, why] of [
      [{ weights: 275_801, convolutions: 0 }, 'onnxruntime', 'faster for a small network: 276 thousand weights, 0 multiplications of convolutions a sample'],
      [{ weights: 669_706, convolutions: 0 }, 'tensorflow', 'faster for a network of this size: 670 thousand weights, 0 multiplications of convolutions a sample'],
      [{ weights: 50_570, convolutions: 3_838_464 }, 'tensorflow', 'faster for a network of this size: 51 thousand weights, 3838 thousand multiplications of convolutions a sample'],
    ] as const) {
      const engine = await openEngine('auto', log, network);
      await engine.dispose();
      assert.equal(engine.name, name);
      assert.equal(engine.why, why);
      assert.equal(lines.pop(), `info: Engine ${name} ${engine.version}: ${why}.`);
      const [chosen, ...others] = (await reportEngines('auto', network)).filter((report) => report.chosen);
      assert.equal(chosen.name, name);
      assert.ok(chosen.reason.endsWith(`here ${why}`), chosen.reason);
      assert.deepEqual(others, []);
    }
  });

  it('is the one that is named, whatever the network', async () => {
    const network = { weights: 10, convolutions: 0 };
    const engine = await openEngine('tensorflow', { write: () => undefined }, network);
    await engine.dispose();
    assert.equal(engine.name, 'tensorflow');
    assert.equal(engine.why, undefined);
    assert.deepEqual((await reportEngines('tensorflow', network)).filter(({ chosen }) => chosen).map(({ name }) => name), ['tensorflow']);
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
