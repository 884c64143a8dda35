import { add } from './binary';
import type { ConvFilterGradAttributes } from './conv';
import type { GraphNode, Value } from './graph';
import { matmul, type MatmulAttributes } from './matmul';
import { type ReduceAttributes, sum } from './reduce';
import { reshape } from './reshape';
import type { EarlyValues } from './scanEarly';
import type { LoopWriter } from './scanLoop';
import type { BodySlopes } from './scanSlopes';
import { sameShape } from './shape';
import { asRows, forAllSteps, hasStepsRule, type Stepped } from './steps';

/** Gives a value outside of the backward loop, once that has been written. */
type Later<T> = () => T;

interface LateOptions {
  readonly step: BodySlopes;
  readonly early: EarlyValues;
  readonly steps: number;
  /** d(loss)/d(sequence) of the sequences that the forward loop gives. */
  readonly given: readonly (Value | undefined)[];
  readonly loop: LoopWriter;
}

/** What follows from the slopes that the backward loop computes, outside of it. Each is planned first: that says what leaves the loop. */
export class LateValues {
  /** What the backward loop gives, as it was asked to keep. */
  looped: readonly Value[] = [];
  private readonly planned = new Map<number, Later<Stepped>>();

  constructor(private readonly options: LateOptions) {
    const { step, given, loop } = options;
    step.givenSlopes.forEach((slope, i) => {
      const outside = given[i];
      if (!slope || !outside) return;
      loop.feed(slope, outside);
      this.planned.set(slope.id, () => ({ value: outside, stepped: true }));
    });
  }

  /** [steps, ...]: the slope of each step's entry of a sequence. */
  ofEachStep(slope: Value): Later<Value> {
    const plan = this.plan(slope);
    return () => plan().value;
  }

  /** The slope of what every step reads: the sum over the steps, as one product where each is a product. */
  overAllSteps(slope: Value): Later<Value> {
    const node = this.options.step.graph.producer(slope);
    const apart = !node || this.options.loop.inside.has(slope.id) || this.planned.has(slope.id);
    const joined = apart ? undefined : this.joined(node, slope);
    if (joined) return joined;
    const plan = this.plan(slope);
    return () => sum(plan().value, [0]);
  }

  /** A sum over the steps that is cheaper than its terms. */
  private joined(node: GraphNode, slope: Value): Later<Value> | undefined {
    switch (node.op.name) {
      case 'add':
        return this.sumOfTwo(node, slope);
      case 'reshape': {
        const total = this.overAllSteps(node.inputs[0]);
        return () => reshape(total(), slope.shape);
      }
      case 'sum':
        return this.sumOfSum(node as GraphNode<ReduceAttributes>, slope);
      case 'matmul':
        return this.productOfRows(node as GraphNode<MatmulAttributes>);
      case 'convFilterGrad':
        return this.filterOfRows(node as GraphNode<ConvFilterGradAttributes>);
      default:
        return undefined;
    }
  }

  /** Two contributions to one slope. */
  private sumOfTwo({ inputs }: GraphNode, slope: Value): Later<Value> | undefined {
    if (!inputs.every((input) => this.options.step.late.has(input.id) && sameShape(input.shape, slope.shape))) return undefined;
    const [a, b] = inputs.map((input) => this.overAllSteps(input));
    return () => add(a(), b());
  }

  private sumOfSum({ inputs: [x], attributes: { axes } }: GraphNode<ReduceAttributes>, slope: Value): Later<Value> {
    const plan = this.plan(x);
    return () => reshape(sum(plan().value, [0, ...axes.map((axis) => axis + 1)]), slope.shape);
  }

  /** The sum of a^T b over the steps is a^T b of the rows of all steps. */
  private productOfRows({ inputs, attributes: { transposeA, transposeB } }: GraphNode<MatmulAttributes>): Later<Value> | undefined {
    const matrices = transposeA && !transposeB && inputs.every(({ shape }) => shape.length === 2);
    const plans = matrices ? this.steppedOperands(inputs) : undefined;
    if (!plans) return undefined;
    return () => {
      const [a, b] = plans.map((plan) => asRows(plan(), 2));
      return matmul(a, b, { transposeA: true });
    };
  }

  /** A kernel's gradient sums over the batch: the steps are more of it. */
  private filterOfRows({ op, inputs, attributes }: GraphNode<ConvFilterGradAttributes>): Later<Value> | undefined {
    const plans = this.steppedOperands(inputs);
    if (!plans) return undefined;
    return () => {
      const operands = plans.map((plan) => asRows(plan(), 2));
      return operands[0].graph.add(op, operands, attributes)[0];
    };
  }

  /** Undefined where one of them is not there for each step. */
  private steppedOperands(inputs: readonly Value[]): Later<Value>[] | undefined {
    const { step, early } = this.options;
    const fits = inputs.every((input) => step.late.has(input.id) || early.find(input)?.stepped === true);
    if (!fits) return undefined;
    return inputs.map((input) => {
      const plan = this.plan(input);
      return () => plan().value;
    });
  }

  private plan(value: Value): Later<Stepped> {
    const known = this.planned.get(value.id);
    if (known) return known;
    const made = this.outside(value) ?? this.fromLoop(value);
    let result: Stepped | undefined;
    const once = (): Stepped => (result ??= made());
    this.planned.set(value.id, once);
    return once;
  }

  private fromLoop(value: Value): Later<Stepped> {
    const index = this.options.loop.keep(value);
    return () => ({ value: this.looped[index], stepped: true });
  }

  /** Computed for all steps at once; undefined for what the loop computes anyway, or alone can. */
  private outside(value: Value): Later<Stepped> | undefined {
    const { step, early, steps, loop } = this.options;
    if (!step.late.has(value.id)) {
      const found = early.find(value);
      return found && (() => found);
    }
    const node = step.graph.producer(value);
    if (!node || loop.inside.has(value.id) || !hasStepsRule(node)) return undefined;
    if (!node.inputs.every((input) => step.late.has(input.id) || early.find(input) !== undefined)) return undefined;
    const plans = node.inputs.map((input) => this.plan(input));
    const index = node.outputs.findIndex(({ id }) => id === value.id);
    return () => (forAllSteps(node, plans.map((plan) => plan()), steps) as readonly Stepped[])[index];
  }
}
