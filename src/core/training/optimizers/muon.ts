import { SurgeryError } from '../../errors';
import type { Json, JsonObject } from '../../model/json';
import { add, div, mul, sub } from '../../ops/binary';
import type { Value } from '../../ops/graph';
import { matmul } from '../../ops/matmul';
import { sum } from '../../ops/reduce';
import { transpose } from '../../ops/transpose';
import { sqrt } from '../../ops/unary';
import { invalidSetting, readFlag, readNumber } from '../kerasObject';
import { stepSize } from './adam';
import { type Moments, stepMoments } from './moments';
import { LEARNING_RATE, type OptimizerDefinition, type SlotOwner, type UpdateRule, type WeightUpdate } from './optimizer';

/** Adam's learning rate with both bias corrections. */
const STEP_SIZE = 'step_size';

interface Settings {
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly steps: number;
  readonly polynomial: readonly [number, number, number];
  /** null for Muon's own size of a step. */
  readonly rmsRate: number | null;
}

/** keras.optimizers.Muon (Jordan et al. 2024): matrices move by their momentum made orthogonal, everything else by AdamW. */
export const muon: OptimizerDefinition = {
  className: 'Muon',
  defaultLearningRate: 0.001,
  defaultWeightDecay: 0.004,
  settings: [
    'adam_beta_1', 'adam_beta_2', 'adam_weight_decay', 'epsilon', 'exclude_layers', 'exclude_embeddings', 'muon_a', 'muon_b', 'muon_c', 'adam_lr_ratio', 'momentum', 'ns_steps',
    'nesterov', 'rms_rate',
  ],
  bind(config, where): UpdateRule {
    const read = (key: string, fallback: number): number => readNumber(config, key, { fallback, where });
    const moments: Moments = { beta1: read('adam_beta_1', 0.9), beta2: read('adam_beta_2', 0.999), epsilon: read('epsilon', 1e-7) };
    const ratio = read('adam_lr_ratio', 1);
    const byAdam = readChoice(config, where);
    const settings = readSettings(config, where);
    const decays = [rateOrNone(config, 'weight_decay', where), rateOrNone(config, 'adam_weight_decay', where)];
    return {
      slots: [['momentum', 'velocity']],
      has: (slot, owner) => slot === 'momentum' || byAdam(owner),
      decay: (owner) => decays[byAdam(owner) ? 1 : 0],
      rates: (learningRate, iteration) => ({ [LEARNING_RATE]: learningRate, [STEP_SIZE]: stepSize(moments, learningRate * ratio, iteration) }),
      update: (step) => {
        const { weight, path, rate } = step;
        if (!byAdam({ path, shape: weight.shape })) return orthogonalStep(step, settings);
        const { momentum, velocity } = stepMoments(step, moments);
        return sub(weight, div(mul(momentum, rate(STEP_SIZE)), add(sqrt(velocity), moments.epsilon)));
      },
    };
  },
};

/** 0.004 where nothing is said. */
function rateOrNone(config: JsonObject, key: string, where: string): number | null {
  return config[key] === null ? null : readNumber(config, key, { fallback: 0.004, least: 0, where });
}

function readSettings(config: JsonObject, where: string): Settings {
  const read = (key: string, fallback: number): number => readNumber(config, key, { fallback, where });
  const steps = read('ns_steps', 5);
  if (!Number.isInteger(steps) || steps < 0 || steps > 100) throw invalidSetting(`${where}.ns_steps`, 'a whole number from 0 to 100', steps);
  return {
    momentum: read('momentum', 0.95), nesterov: readFlag(config, 'nesterov', true, where), steps,
    polynomial: [read('muon_a', 3.4445), read('muon_b', -4.775), read('muon_c', 2.0315)], rmsRate: config['rms_rate'] === null ? null : read('rms_rate', 0.2),
  };
}

/** What is no matrix, embeddings unless told otherwise, and what `exclude_layers` names. Keras takes regular expressions there; only words are taken here. */
function readChoice(config: JsonObject, where: string): (owner: SlotOwner) => boolean {
  const embeddings = readFlag(config, 'exclude_embeddings', true, where);
  const given = config['exclude_layers'] ?? [];
  const listed: readonly Json[] = Array.isArray(given) ? (given as readonly Json[]) : [given];
  const words = listed.filter((word) => typeof word === 'string' && /^[\w/-]*$/.test(word)) as readonly string[];
  if (words.length < listed.length) {
    throw new SurgeryError('unsupported', 'A pattern in exclude_layers of Muon is not supported.', { expected: 'a part of a name', received: JSON.stringify(given), where: `${where}.exclude_layers` });
  }
  return ({ path, shape }) => shape.length !== 2 || (embeddings && path.toLowerCase().includes('embedding')) || words.some((word) => path.includes(word));
}

function orthogonalStep({ weight, gradient, slot, keep, rate }: WeightUpdate, { momentum: share, nesterov, rmsRate, ...settings }: Settings): Value {
  const momentum = add(gradient, mul(slot('momentum'), share));
  keep('momentum', momentum);
  const direction = orthogonal(nesterov ? add(gradient, mul(momentum, share)) : momentum, settings);
  const size = rmsRate === null ? 1 : Math.sqrt(Math.max(...weight.shape)) * rmsRate;
  return sub(weight, mul(mul(direction, rate(LEARNING_RATE)), size));
}

/** Newton and Schulz: a x + (b A + c A A) x with A = x x^T, some times; the singular values go towards 1. */
function orthogonal(x: Value, { steps, polynomial: [a, b, c] }: Pick<Settings, 'steps' | 'polynomial'>): Value {
  const [rows = 1, columns = 1] = x.shape;
  const wide = rows > columns ? transpose(x, [1, 0]) : x;
  let value = div(wide, add(sqrt(sum(mul(wide, wide))), 1e-7));
  for (let step = 0; step < steps; step++) {
    const square = matmul(value, value, { transposeB: true });
    value = add(mul(value, a), matmul(add(mul(square, b), mul(matmul(square, square), c)), value));
  }
  return rows > columns ? transpose(value, [1, 0]) : value;
}
