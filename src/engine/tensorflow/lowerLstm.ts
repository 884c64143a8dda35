import type { ProgramNode } from '../../core/ops/program';
import type { Name } from './graphWriter';
import type { Lowering } from './lowering';
import type { LstmBack, LstmLoop, Role } from './lstmBlocks';

/** What TensorFlow's LSTM takes and gives, kept for its gradient. */
interface Written {
  readonly inputs: readonly Name[];
  readonly outputs: readonly Name[];
}

const plain = { use_peephole: false } as const;

/** Writes the loops of a program that are LSTMs as TensorFlow's own operators: one for all steps, one for their gradient. */
export class LstmWriter {
  private readonly written = new Map<LstmLoop, Written>();

  constructor(private readonly loops: readonly LstmLoop[], private readonly lowering: Lowering) {}

  /** True where the operation is part of an LSTM and is written, or has been with another. */
  write(node: ProgramNode): boolean {
    for (const loop of this.loops) {
      if (node === loop.node) this.forward(loop);
      else if (node === loop.back?.node) this.backward(loop, loop.back);
      else if (!loop.back?.covered.has(node)) continue;
      return true;
    }
    return false;
  }

  private forward(loop: LstmLoop): void {
    const { lowering } = this;
    const { writer } = lowering;
    const units = lowering.shape(loop.h)[1];
    const [h, c] = [lowering.name(loop.h), lowering.name(loop.c)];
    const weights = writer.op('ConcatV2', [lowering.name(loop.kernel), lowering.name(loop.recurrent), writer.int(0)]);
    const none = zeros(units, lowering);
    const bias = loop.bias === undefined ? zeros(4 * units, lowering) : lowering.name(loop.bias);
    const steps = writer.op('Cast', [writer.int(loop.steps)], { DstT: { type: 'int64' } });
    const inputs = [steps, this.inTime(loop, lowering.name(loop.x)), c, h, weights, none, none, none, bias];
    const outputs = writer.ops('BlockLSTMV2', inputs, { ...plain, cell_clip: { float: 0 } });
    const [i, cs, f, o, g, tanhC, hs] = outputs;
    this.written.set(loop, { inputs, outputs });
    const entries: Readonly<Record<Role, () => Name>> = {
      i: () => i, f: () => f, o: () => o, g: () => g, c: () => cs, tanhC: () => tanhC, h: () => hs,
      cBefore: () => before(c, cs, loop, lowering),
      hBefore: () => before(h, hs, loop, lowering),
    };
    lowering.hold(loop.node.outputs[0], lastOf(hs, loop, lowering));
    lowering.hold(loop.node.outputs[1], lastOf(cs, loop, lowering));
    loop.roles.forEach((role, k) => lowering.hold(loop.node.outputs[k + 2], this.inTime(loop, entries[role]())));
  }

  private backward(loop: LstmLoop, { node, dh, dc, dy, gradients }: LstmBack): void {
    const { lowering } = this;
    const { writer } = lowering;
    const { inputs, outputs } = this.written.get(loop) as Written;
    const [byC, byLastH] = [dc, dh].map((value) => atLast(lowering.name(value), loop, lowering));
    const byH = dy === undefined ? byLastH : writer.op('AddV2', [byLastH, this.inTime(loop, lowering.name(dy))]);
    const slopes = writer.ops('BlockLSTMGradV2', [...inputs, ...outputs, byC, byH], plain);
    const sizes = [loop.kernel, loop.recurrent].map((value) => lowering.shape(value)[0]);
    const [kernel, recurrent] = writer.ops('SplitV', [slopes[3], writer.ints(...sizes), writer.int(0)], { num_split: 2 });
    const hold = (values: readonly number[], name: Name): void => values.forEach((value) => lowering.hold(value, name));
    hold([node.outputs[0]], slopes[2]);
    hold([node.outputs[1]], slopes[1]);
    hold(gradients.x, this.inTime(loop, slopes[0]));
    hold(gradients.kernel, kernel);
    hold(gradients.recurrent, recurrent);
    hold(gradients.bias, slopes[7]);
  }

  /** As the loop sees it, its first step first; and back. */
  private inTime({ reverse }: LstmLoop, name: Name): Name {
    return reverse ? this.lowering.writer.op('ReverseV2', [name, this.lowering.writer.ints(0)]) : name;
  }
}

function zeros(count: number, { writer }: Lowering): Name {
  return writer.constant('float32', [count], new Float32Array(count));
}

/** The state of the last step. */
function lastOf(name: Name, { steps, h }: LstmLoop, lowering: Lowering): Name {
  return lowering.reshape(lowering.cut(name, 0, { start: steps - 1, end: steps }), lowering.shape(h));
}

/** Before each step: the first state, then those of all steps but the last. */
function before(first: Name, name: Name, { steps, h }: LstmLoop, lowering: Lowering): Name {
  const one = lowering.reshape(first, [1, ...lowering.shape(h)]);
  return lowering.writer.op('ConcatV2', [one, lowering.cut(name, 0, { start: 0, end: steps - 1 }), lowering.writer.int(0)]);
}

/** Of the last step of all, the others zero. */
function atLast(name: Name, { steps, h }: LstmLoop, lowering: Lowering): Name {
  const { writer } = lowering;
  const padding = writer.constant('int32', [3, 2], Int32Array.of(steps - 1, 0, 0, 0, 0, 0));
  return writer.op('PadV2', [lowering.reshape(name, [1, ...lowering.shape(h)]), padding, writer.float(0)]);
}
