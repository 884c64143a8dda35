import { mul } from './binary';
import type { GraphNode, Value } from './graph';
import { constantOf } from './replay';
import type { ScanAttributes } from './scanOp';
import type { BodySlopes } from './scanSlopes';
import { forAllSteps, raised, type Stepped } from './steps';

/** What the gradient of a step reads of the forward step, outside of the loop: read from there, or computed for all steps. */
export class EarlyValues {
  private readonly known = new Map<number, Stepped | undefined>();

  constructor(
    private readonly node: GraphNode<ScanAttributes>,
    private readonly step: BodySlopes,
  ) {
    const { inputs, attributes: { carries, sequences } } = node;
    step.inputs.forEach(({ id }, i) => {
      if (i >= carries) this.known.set(id, { value: inputs[i], stepped: i < carries + sequences });
    });
  }

  /** Undefined where it cannot be computed for all steps at once. */
  find(value: Value): Stepped | undefined {
    if (!this.known.has(value.id)) this.known.set(value.id, this.compute(value));
    return this.known.get(value.id);
  }

  /** All multiplied; undefined where one of them cannot be had. */
  product(values: readonly Value[]): Stepped | undefined {
    const found = values.map((value) => this.find(value));
    if (!found.every((one) => one !== undefined)) return undefined;
    const rank = Math.max(...values.map(({ shape }) => shape.length));
    return found.reduce((a, b) => ({ value: mul(raised(a, rank), raised(b, rank)), stepped: a.stepped || b.stepped }));
  }

  private compute(value: Value): Stepped | undefined {
    const { graph } = this.node.outputs[0];
    const constant = this.step.graph.constants.get(value.id);
    if (constant) return { value: constantOf(graph, constant), stepped: false };
    const number = this.step.forward.get(value.id);
    if (number !== undefined) return { value: this.savedOutput(number), stepped: true };
    const producer = this.step.graph.producer(value);
    const inputs = producer?.inputs.map((input) => this.find(input));
    if (!producer || !inputs?.every((one) => one !== undefined)) return undefined;
    const results = forAllSteps(producer, inputs, this.node.attributes.steps);
    return results?.[producer.outputs.findIndex(({ id }) => id === value.id)];
  }

  private savedOutput(number: number): Value {
    const { body, saved } = this.node.attributes;
    const first = body.outputs.length - (saved ?? 0);
    const index = body.outputs.findIndex(({ value }, i) => i >= first && value === number);
    if (index < 0) throw new Error(`the loop does not give value ${number} of its body, which its gradient reads`);
    return this.node.outputs[index];
  }
}
