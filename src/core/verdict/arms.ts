import { SurgeryError } from '../errors';
import type { Model } from '../model/model';
import type { PhasePlan, Plan } from '../plan/plan';
import { headPaths } from '../surgery/head';
import type { DataShapes } from '../training/scene';
import { withFreshWeights } from './freshWeights';
import { firstRate, scaleRate } from './learningRates';

/** What an arm trains: the surgery is done, the weights are those that it starts from. */
export interface ArmStart {
  readonly model: Model;
  readonly shapes: DataShapes;
  readonly initialization: number;
}

/** One way to come from the data to a trained model. */
export interface Arm {
  readonly name: string;
  /** The arm on whose validation errors its learning rates are chosen before the pairs; null where the plan's own are used. */
  readonly tunedBy: string | null;
  /** The phases, their learning rates multiplied. */
  phases(factor: number): readonly PhasePlan[];
  start(given: ArmStart): Model;
}

type ArmPlan = Pick<Plan, 'operations' | 'phases'>;

/** Words for the arms, as the command line takes them. */
const armNames = ['transfer', 'scratch', 'feature', 'scratch-longer'] as const;

export interface ArmChoice {
  readonly names: readonly string[];
  /** Whether what is held against scratch is tuned too. */
  readonly tuneTransfer: boolean;
  /** Other plans by the name under which they are an arm. */
  readonly plans: ReadonlyMap<string, ArmPlan>;
}

/**
 * Arms by name: the first is held against the second, the others are reported beside. Throws `usage` for a name that is none, one
 * that comes twice, or fewer than two.
 */
export function resolveArms(plan: ArmPlan, choice: ArmChoice): [Arm, Arm, ...Arm[]] {
  const { names } = choice;
  const [first, second, ...others] = names.map((name) => resolveArm(plan, name, choice));
  if (names.length >= 2 && new Set(names).size === names.length) return [first, second, ...others];
  throw new SurgeryError('usage', 'A verdict compares two different arms or more.', { expected: armNames.join(', '), received: names.join(', ') || 'none', where: 'arms' });
}

function resolveArm(plan: ArmPlan, name: string, { tuneTransfer, plans }: ArmChoice): Arm {
  const other = plans.get(name);
  if (other) return planArm(other, name, tuneTransfer);
  switch (name) {
    case 'transfer':
      return planArm(plan, name, tuneTransfer);
    case 'scratch':
      return scratchArm(plan);
    case 'feature':
    case 'features':
      return planArm({ ...plan, phases: plan.phases.slice(0, 1) }, name, tuneTransfer);
    case 'scratch-longer':
      return longerScratchArm(plan);
    default:
      throw new SurgeryError('usage', 'There is no arm of this name.', { expected: `${armNames.join(', ')}, or the file of another plan`, received: name, where: 'arms' });
  }
}

/** How much longer the longer schedule of the scratch arm is: it often catches up (He et al. 2019). */
const LONGER = 3;

/** A plan as it stands: the one of the verdict, its first phase alone, or another one. */
function planArm({ phases }: ArmPlan, name: string, tuned: boolean): Arm {
  return { name, tunedBy: tuned ? name : null, phases: (factor) => scaled(phases, factor), start: ({ model }) => model };
}

/**
 * The same architecture and head with fresh weights, everything trainable, in one phase of as many epochs as the plan has in all.
 * Its learning rate is around the highest of the plan's first rates; optimizer and batch size are those of that phase.
 */
function scratchArm(plan: ArmPlan): Arm {
  return { name: 'scratch', tunedBy: 'scratch', phases: (factor) => [scratchPhase(plan, factor, 1)], start: (given) => fresh(plan, given) };
}

/** The scratch arm with its learning rate and three times the epochs. */
function longerScratchArm(plan: ArmPlan): Arm {
  return { name: 'scratch-longer', tunedBy: 'scratch', phases: (factor) => [scratchPhase(plan, factor, LONGER)], start: (given) => fresh(plan, given) };
}

function scaled(phases: readonly PhasePlan[], factor: number): PhasePlan[] {
  return phases.map((phase) => ({ ...phase, optimizer: scaleRate(phase.optimizer, factor) }));
}

function scratchPhase({ phases }: ArmPlan, factor: number, stretch: number): PhasePlan {
  const fastest = phases.reduce((best, phase) => (firstRate(phase) > firstRate(best) ? phase : best));
  const epochs = stretch * phases.reduce((sum, phase) => sum + phase.epochs, 0);
  return { ...fastest, name: 'from scratch', freeze: 'nothing', optimizer: scaleRate(fastest.optimizer, factor), epochs };
}

/** A head that the plan's surgery made is fresh already, and the same as in the transfer arm. */
function fresh({ operations }: ArmPlan, { model, shapes, initialization }: ArmStart): Model {
  const made = operations.some(({ op }) => op === 'replaceHead');
  return withFreshWeights(model, { shapes, seed: initialization, keep: new Set(made ? headPaths(model) : []) });
}
