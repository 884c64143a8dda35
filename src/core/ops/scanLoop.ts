import { mul } from './binary';
import { broadcastTo } from './broadcastTo';
import { Graph, type GraphNode, type Value } from './graph';
import type { Program } from './program';
import { constantOf } from './replay';
import type { EarlyValues } from './scanEarly';
import { type BodySlopes, lateNodes } from './scanSlopes';
import { sameShape } from './shape';
import type { Stepped } from './steps';

/** An input of the backward loop and what stands for it outside. */
interface Fed {
  readonly inside: Value;
  readonly outside: Value;
}

/** A value as another late one times factors of the forward step. */
interface Product {
  readonly base: Value;
  readonly factors: readonly Value[];
}

/** Writes the body of the backward loop: what leads from one step's carry slopes to those of the step before. */
export class LoopWriter {
  /** Ids of the late values that the next carry slopes depend on: those are computed in the loop. */
  readonly inside: ReadonlySet<number>;
  private readonly graph = new Graph();
  private readonly values = new Map<number, Value>();
  private readonly xs: Fed[] = [];
  private readonly consts: Fed[] = [];
  private readonly carries: readonly Value[];
  /** Late values that leave the loop, in order. */
  private readonly kept: Value[] = [];
  private readonly products = new Map<string, Value>();
  private readonly uses: ReadonlyMap<number, number>;

  constructor(
    private readonly step: BodySlopes,
    private readonly early: EarlyValues,
  ) {
    this.inside = ancestors(step);
    this.uses = countUses(step);
    this.carries = step.carrySlopes.map((slope, i) => this.graph.input(`carry${i}`, slope));
    step.carrySlopes.forEach(({ id }, i) => this.values.set(id, this.carries[i]));
  }

  /** A slope that is fed by step. */
  feed(slope: Value, outside: Value): void {
    this.values.set(slope.id, this.entry({ value: outside, stepped: true }));
  }

  /** The number among the loop's outputs of a late value that is wanted outside. */
  keep(value: Value): number {
    const known = this.kept.findIndex(({ id }) => id === value.id);
    return known >= 0 ? known : this.kept.push(value) - 1;
  }

  finish(): { readonly body: Program; readonly xs: readonly Value[]; readonly consts: readonly Value[] } {
    this.step.carrySlopes.forEach((slope, i) => {
      const next = this.step.slopes[i];
      this.graph.output(`carry${i}`, next ? this.find(next) : broadcastTo(this.graph.scalar(0), slope.shape));
    });
    this.kept.forEach((value, i) => this.graph.output(`y${i}`, this.find(value)));
    const program = this.graph.finish();
    const order = [...this.carries, ...this.xs.map(({ inside }) => inside), ...this.consts.map(({ inside }) => inside)];
    const byValue = new Map(program.inputs.map((input) => [input.value, input]));
    const inputs = order.map(({ id }) => byValue.get(id) as Program['inputs'][number]);
    return { body: { ...program, inputs }, xs: this.xs.map(({ outside }) => outside), consts: this.consts.map(({ outside }) => outside) };
  }

  private find(value: Value): Value {
    const known = this.values.get(value.id);
    if (known) return known;
    const made = this.step.late.has(value.id) ? this.write(value) : this.read(value);
    this.values.set(value.id, made);
    return made;
  }

  /** Factors of the forward step that follow one another are multiplied outside, for all steps at once. */
  private write(value: Value): Value {
    const { base, factors } = this.factor(value);
    if (factors.length === 0) return this.copy(value);
    const factor = this.productOf(factors);
    return factor ? mul(this.find(base), factor) : this.copy(value);
  }

  private productOf(factors: readonly Value[]): Value | undefined {
    const key = factors.map(({ id }) => id).sort((a, b) => a - b).join();
    const known = this.products.get(key);
    if (known) return known;
    const outside = this.early.product(factors);
    const made = outside && this.entry(outside);
    if (made) this.products.set(key, made);
    return made;
  }

  private factor(value: Value): Product {
    const node = this.step.graph.producer(value);
    if (node?.op.name !== 'mul') return { base: value, factors: [] };
    const [a, b] = this.step.late.has(node.inputs[0].id) ? node.inputs : [node.inputs[1], node.inputs[0]];
    if (this.step.late.has(b.id) || !sameShape(a.shape, value.shape)) return { base: value, factors: [] };
    if ((this.uses.get(a.id) ?? 0) > 1 || this.values.has(a.id)) return { base: a, factors: [b] };
    const { base, factors } = this.factor(a);
    return { base, factors: [...factors, b] };
  }

  private copy(value: Value): Value {
    const node = this.step.graph.producer(value) as GraphNode;
    const written = this.graph.add(node.op, node.inputs.map((input) => this.find(input)), node.attributes);
    node.outputs.forEach(({ id }, i) => this.values.set(id, written[i]));
    return this.values.get(value.id) as Value;
  }

  /** A value of the forward step: from outside, or where that cannot be, computed again in the loop. */
  private read(value: Value): Value {
    const constant = this.step.graph.constants.get(value.id);
    if (constant) return constantOf(this.graph, constant);
    const outside = this.early.find(value);
    return outside ? this.entry(outside) : this.copy(value);
  }

  private entry({ value, stepped }: Stepped): Value {
    const list = stepped ? this.xs : this.consts;
    const known = list.find(({ outside }) => outside.id === value.id);
    if (known) return known.inside;
    const name = `${stepped ? 'x' : 'const'}${list.length}`;
    const inside = this.graph.input(name, { shape: stepped ? value.shape.slice(1) : value.shape, dtype: value.dtype });
    list.push({ inside, outside: value });
    return inside;
  }
}

function ancestors(step: BodySlopes): Set<number> {
  const inside = new Set(step.carrySlopes.flatMap((_, i) => step.slopes[i] ?? []).map(({ id }) => id));
  for (const { inputs, outputs } of lateNodes(step).reverse()) {
    if (!outputs.some(({ id }) => inside.has(id))) continue;
    inputs.forEach(({ id }) => step.late.has(id) && inside.add(id));
  }
  return inside;
}

/** How often late nodes read a value, and the step's slopes are one. */
function countUses(step: BodySlopes): Map<number, number> {
  const uses = new Map<number, number>();
  const use = ({ id }: Value): void => void uses.set(id, (uses.get(id) ?? 0) + 1);
  lateNodes(step).forEach(({ inputs }) => inputs.forEach(use));
  step.slopes.forEach((slope) => slope && use(slope));
  return uses;
}
