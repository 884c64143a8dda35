import type { AvgPoolGradAttributes, PoolAttributes } from '../../../core/ops/pool';
import type { Name } from '../graphWriter';
import { moved } from '../layout';
import { type Lower, type Lowering, reshapeDims } from '../lowering';
import { poolAttributes, spatialOf } from './window';

/** The largest of each window and, where a gradient of the same pooling needs them, where they are. */
export const maxPool: Lower<PoolAttributes> = ({ inputs: [x], attributes }, lowering) => {
  const readers = lowering.program.nodes.filter(({ op, inputs }) => op === 'maxPoolGrad' && inputs[0] === x);
  const [y] = pooled(x, attributes, { indices: readers.length > 0, lowering });
  return [{ name: y, layout: 'first' }];
};

function pooled(x: number, attributes: PoolAttributes, { indices, lowering }: { indices: boolean; lowering: Lowering }): readonly Name[] {
  return lowering.writer.ops('MaxPool', [lowering.first(x)], { attributes: poolAttributes(attributes), outputs: indices ? 2 : 1 });
}

/** The indices count through the whole tensor, so that its gradient is one scatter; windows that overlap add up. */
export const maxPoolGrad: Lower<PoolAttributes> = ({ inputs: [x, , dy], attributes }, lowering) => {
  const { writer } = lowering;
  const [, indices] = pooled(x, attributes, { indices: true, lowering });
  // Where a window holds nothing but NaN there is no index; 0 keeps a diverged run from writing outside the tensor.
  const places = writer.op('Max', [writer.reshape(indices, [-1]), writer.ints(0)]);
  const image = lowering.first(x);
  const flatSize = writer.op('Shape', [writer.reshape(image, [-1])]);
  const zeros = writer.op('ConstantOfShape', [flatSize]);
  const overlapping = attributes.size.some((size, i) => size > attributes.strides[i]);
  const flat = writer.op('ScatterElements', [zeros, places, writer.reshape(lowering.first(dy), [-1])], { axis: 0, ...(overlapping ? { reduction: 'add' } : {}) });
  return [{ name: writer.reshape(flat, reshapeDims(moved(lowering.shape(x)))), layout: 'first' }];
};

export const avgPool: Lower<PoolAttributes> = ({ inputs: [x], attributes }, lowering) => [
  { name: lowering.writer.op('AveragePool', [lowering.first(x)], { ...poolAttributes(attributes), count_include_pad: 0 }), layout: 'first' },
];

/** Averaging is a product with one matrix [places, size] for each axis; its gradient is the product with their transposes. */
export const avgPoolGrad: Lower<AvgPoolGradAttributes> = ({ inputs: [dy], attributes }, lowering) => {
  const { writer } = lowering;
  const sizes = spatialOf(attributes.inputShape);
  const places = spatialOf(lowering.shape(dy));
  let name = lowering.first(dy);
  for (let axis = sizes.length - 1; axis >= 0; axis--) {
    // Axes behind this one already have the size of the input.
    const behind = sizes.slice(axis + 1).reduce((product, size) => product * size, 1);
    const window = { size: sizes[axis], places: places[axis], width: attributes.size[axis], stride: attributes.strides[axis], before: attributes.padding[axis][0] };
    const rows = writer.reshape(name, behind === 1 ? [-1, places[axis]] : [-1, places[axis], behind]);
    const key = JSON.stringify(window);
    name = behind === 1
      ? writer.op('MatMul', [rows, writer.table(`average ${key}`, [window.places, window.size], () => averagingMatrix(window))])
      : writer.op('MatMul', [writer.table(`average^T ${key}`, [window.size, window.places], () => transposed(averagingMatrix(window), window.size)), rows]);
  }
  return [{ name: writer.reshape(name, reshapeDims(moved(attributes.inputShape))), layout: 'first' }];
};

interface AxisWindow {
  readonly size: number;
  readonly places: number;
  readonly width: number;
  readonly stride: number;
  readonly before: number;
}

/** [places, size]: 1 / how many elements a place of the window covers, at those elements. */
function averagingMatrix({ size, places, width, stride, before }: AxisWindow): Float32Array {
  const matrix = new Float32Array(places * size);
  for (let place = 0; place < places; place++) {
    const from = Math.max(0, place * stride - before);
    const to = Math.min(size, place * stride - before + width);
    matrix.fill(1 / (to - from), place * size + from, place * size + to);
  }
  return matrix;
}

function transposed(matrix: Float32Array, columns: number): Float32Array {
  const rows = matrix.length / columns;
  return matrix.map((_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)]);
}
