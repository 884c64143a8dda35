import { openEngine } from '../src/engine/openEngine';
import { perceptron } from '../test/support/mlpProgram';

/**
 * `npm run bench:memory [-- ENGINE [STEPS]]`: whether the memory of a process grows while it trains. Steps of the textbook's perceptron,
 * 32 samples each; the second half must not take more than a twentieth of what stood there after the first.
 */
const [name = 'tensorflow', steps = '10000'] = process.argv.slice(2);
const MOST_GROWTH = 1.05;
const CHUNK = 100;

/** MB, after the collector has run where it can be called (`--expose-gc`). */
function resident(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss() / 2 ** 20;
}

const engine = await openEngine(name, { write: () => undefined });
const network = perceptron([784, 300, 100, 50, 50, 50, 1]);
const batches = Array.from({ length: CHUNK }, (_, i) => network.batch(32, i));
const marks: number[] = [];
for (let done = 0; done < Number(steps); done += 1000) {
  // As runs do: compiled anew from time to time, states written and read.
  const program = await engine.compile(network.program);
  program.writeState(network.start);
  for (let within = 0; within < 1000; within += CHUNK) await program.run(batches);
  await program.readState();
  await program.dispose();
  marks.push(resident());
  process.stderr.write(`${done + 1000} steps: ${marks[marks.length - 1].toFixed(0)} MB\n`);
}
await engine.dispose();
const growth = marks[marks.length - 1] / marks[Math.floor(marks.length / 2) - 1];
process.stdout.write(`${name}: memory of the second half against the first: ${growth.toFixed(3)}\n`);
process.exitCode = growth < MOST_GROWTH ? 0 : 1;
