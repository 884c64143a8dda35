import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mean, permutationTest, quantile } from 'simple-statistics';
import { FeatureMemory } from '../src/core/run/featureMemory';
import type { Plan } from '../src/core/plan/plan';
import { openEngine } from '../src/engine/openEngine';
import { openPlan, type OpenedPlan } from '../src/node/jobs/planFile';
import { readyVerdict } from '../src/node/verdict/localRunner';
import { projectRoot } from '../test/support/cached';

/**
 * `npx tsx scripts/compareRecipe.ts [folder of Fashion-MNIST]`: the textbook's recipe and the training from scratch over the seeds and
 * classes of test/keras/golden/recipe.json, held against what real Keras gave there: medians, quartiles, means, and p of a permutation
 * test of the difference of the means. The random numbers differ, so seeds do not agree one by one.
 */
interface KerasCase {
  readonly classes: string;
  readonly arm: string;
  readonly testErrors: readonly number[];
}

const source = process.argv[2] ?? '/usr/share/datasets/fashion-mnist';
const golden = JSON.parse(readFileSync(join(projectRoot, 'test/keras/golden/recipe.json'), 'utf8')) as { readonly seeds: readonly number[]; readonly cases: readonly KerasCase[] };
const sample = await openPlan(join(projectRoot, 'samples/fashion-mnist/transfer.surgery.json'));
const [own] = golden.cases.map(({ classes }) => classes);

/** The plan of the sample on other classes, which are drawn from the whole of Fashion-MNIST. */
function planFor(classes: string): OpenedPlan {
  if (classes === own) return sample;
  const kept = Object.fromEntries(classes.split(':').map((label, index) => [label, index]));
  const { train, test } = sample.plan.data;
  const from = (name: string): { inputs: string; targets: string } => ({ inputs: join(source, `${name}-images-idx3-ubyte.gz`), targets: join(source, `${name}-labels-idx1-ubyte.gz`) });
  const data: Plan['data'] = { train: { ...train, ...from('train'), classes: kept }, ...(test ? { test: { ...test, ...from('t10k'), classes: kept } } : {}) };
  return { ...sample, plan: { ...sample.plan, data } };
}

function summary(errors: readonly number[]): string {
  const values = [...errors];
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(values, share));
  return [middle, low, high, mean(values)].map((value) => (100 * value).toFixed(2).padStart(6)).join(' ');
}

const engine = await openEngine('onnxruntime', { write: () => undefined });
console.log('classes arm              median  25 %   75 %   mean (error in %)');
for (const { classes, arm, testErrors } of golden.cases) {
  const ready = await readyVerdict({ plan: planFor(classes), arms: ['transfer', 'scratch'], tuneTransfer: false, others: {} });
  const runner = ready.runnerOn(engine, { features: new FeatureMemory() });
  const errors: number[] = [];
  for (const seed of golden.seeds) {
    const { figures } = await runner.run({ arm, factor: 1, seeds: { initialization: seed, order: seed, sample: seed }, classes: null, judgedOn: 'test' });
    errors.push(1 - (figures?.['accuracy'] ?? 0));
  }
  const p = permutationTest(errors, [...testErrors], 'two_side', 10_000);
  console.log(`${classes.padEnd(8)}${arm.padEnd(9)} ours   ${summary(errors)}`);
  console.log(`${''.padEnd(17)} Keras  ${summary(testErrors)}   p ${p.toPrecision(2)}`);
  console.log(`  ${JSON.stringify(errors.map((error) => Number(error.toFixed(6))))}`);
}
await engine.dispose();
