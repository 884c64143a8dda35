import { mul } from '../../src/core/ops/binary';
import { Graph } from '../../src/core/ops/graph';
import { openEngine, reportEngines } from '../../src/engine/openEngine';

/** A process of its own: opens the engine that is named, else the one that `auto` takes, computes 2 x, and prints what it saw as JSON. */
const logged: string[] = [];
const engine = await openEngine(process.argv[2] ?? 'auto', { write: (level, message) => logged.push(`${level}: ${message}`) });
const graph = new Graph();
graph.output('y', mul(graph.input('x', { shape: [2], dtype: 'float32' }), 2));
const program = await engine.compile(graph.finish());
const [{ y }] = await program.run([{ x: { dtype: 'float32', shape: [2], data: Float32Array.of(3, 4) } }]);
const reports = await reportEngines('auto');
await engine.dispose();
process.stdout.write(JSON.stringify({ name: engine.name, y: [...y.data], logged, reports }));
