import assert from 'node:assert/strict';
import { SurgeryError } from '../../../../src/core/errors';
import type { ComputeDType } from '../../../../src/core/model/tensor';
import type { TensorType } from '../../../../src/core/ops/graph';
import { operations } from '../../../../src/core/ops/operations';
import { opNames, type OpName } from '../../../../src/core/ops/registry';
import type { ScanAttributes } from '../../../../src/core/ops/scanOp';
import { BATCH, type Shape } from '../../../../src/core/ops/shape';

interface ShapeCase {
  readonly inputs: readonly TensorType[];
  readonly attributes?: object;
}

interface ShapeRule {
  readonly takes: ShapeCase & { readonly gives: readonly TensorType[] };
  readonly refuses: Readonly<Record<string, ShapeCase>>;
}

const type = (shape: Shape, dtype: ComputeDType): TensorType => ({ shape, dtype });
const float = (...shape: number[]): TensorType => type(shape, 'float32');
const int = (...shape: number[]): TensorType => type(shape, 'int32');
const bool = (...shape: number[]): TensorType => type(shape, 'bool');

function unary(attributes: object = {}): ShapeRule {
  return {
    takes: { inputs: [float(BATCH, 3)], attributes, gives: [float(BATCH, 3)] },
    refuses: { integers: { inputs: [int(BATCH)], attributes }, 'truth values': { inputs: [bool(BATCH)], attributes } },
  };
}

function binary(result: ComputeDType, also: Readonly<Record<string, ShapeCase>> = {}): ShapeRule {
  return {
    takes: { inputs: [float(BATCH, 3, 1), float(4)], gives: [type([BATCH, 3, 4], result)] },
    refuses: {
      'shapes that do not broadcast': { inputs: [float(BATCH, 3), float(2)] },
      'a batch against a fixed size': { inputs: [float(BATCH), float(2)] },
      'one batch against two': { inputs: [float(BATCH), float(-2)] },
      'two dtypes': { inputs: [float(BATCH), int(BATCH)] },
      'truth values': { inputs: [bool(2), bool(2)] },
      ...also,
    },
  };
}

const wholeNumbers = { 'whole numbers': { inputs: [int(2), int(2)] } };

function reduction(): ShapeRule {
  const inputs = [float(BATCH, 3, 4)];
  return {
    takes: { inputs, attributes: { axes: [0, 2], keepDims: false }, gives: [float(3)] },
    refuses: {
      'an axis outside': { inputs, attributes: { axes: [3], keepDims: false } },
      'an axis from the back': { inputs, attributes: { axes: [-1], keepDims: false } },
      'axes out of order': { inputs, attributes: { axes: [2, 1], keepDims: false } },
      'an axis twice': { inputs, attributes: { axes: [1, 1], keepDims: false } },
      'no axes': { inputs, attributes: { axes: [], keepDims: false } },
      integers: { inputs: [int(3)], attributes: { axes: [0], keepDims: false } },
    },
  };
}

const convAttributes = { strides: [2, 1], padding: [[1, 0], [0, 0]], dilation: [1, 2], groups: 2 };
const convX = float(BATCH, 5, 6, 4);
const convKernel = float(2, 3, 2, 6);
const convY = float(BATCH, 3, 2, 6);

/** What any of the three convolutions refuses; `wrong` puts shapes and attributes where that one has them. */
function convRefusals(wrong: (x: TensorType, kernel: TensorType, attributes: object) => ShapeCase): Record<string, ShapeCase> {
  return {
    'channels that are not those of the kernel': wrong(float(BATCH, 5, 6, 6), convKernel, convAttributes),
    'filters that groups do not divide': wrong(convX, float(2, 3, 2, 5), convAttributes),
    'a kernel of another rank': wrong(convX, float(3, 2, 6), convAttributes),
    'a window larger than the padded input': wrong(convX, float(7, 3, 2, 6), convAttributes),
    'a stride of 0': wrong(convX, convKernel, { ...convAttributes, strides: [0, 1] }),
    'half a dilation': wrong(convX, convKernel, { ...convAttributes, dilation: [1, 1.5] }),
    'negative padding': wrong(convX, convKernel, { ...convAttributes, padding: [[-1, 0], [0, 0]] }),
    'too few strides': wrong(convX, convKernel, { ...convAttributes, strides: [1] }),
    'a batch as height': wrong(float(2, BATCH, 6, 4), convKernel, convAttributes),
    'no groups': wrong(convX, convKernel, { ...convAttributes, groups: 0 }),
    'no spatial axis': wrong(float(BATCH, 4), float(2, 6), { strides: [], padding: [], dilation: [], groups: 2 }),
  };
}

const poolAttributes = { size: [2, 3], strides: [2, 1], padding: [[0, 1], [1, 1]] };
const poolX = float(BATCH, 5, 4, 3);
const poolY = float(BATCH, 3, 4, 3);

function poolRefusals(wrong: (x: TensorType, attributes: object) => ShapeCase): Record<string, ShapeCase> {
  return {
    'padding as large as the window': wrong(poolX, { ...poolAttributes, padding: [[2, 0], [0, 0]] }),
    'a window larger than the padded input': wrong(float(BATCH, 1, 4, 3), { ...poolAttributes, padding: [[0, 0], [0, 0]] }),
    'a stride of 0': wrong(poolX, { ...poolAttributes, strides: [0, 1] }),
    'too few sizes': wrong(poolX, { ...poolAttributes, size: [2] }),
    'four spatial axes': wrong(float(BATCH, 2, 2, 2, 2, 1), { size: [1, 1, 1, 1], strides: [1, 1, 1, 1], padding: [[0, 0], [0, 0], [0, 0], [0, 0]] }),
  };
}

/** Value 0: what was summed; 1: an entry; 2: their sum; 3: some other type. */
const runningSum: ScanAttributes = {
  body: {
    values: [float(BATCH, 2), float(BATCH, 2), float(BATCH, 2), float(BATCH, 1)],
    nodes: [{ op: 'add', inputs: [0, 1], attributes: {}, outputs: [2] }],
    inputs: [{ name: 'carry0', value: 0 }, { name: 'x0', value: 1 }],
    constants: [], states: [],
    outputs: [{ name: 'carry0', value: 2 }, { name: 'y0', value: 2 }],
  },
  carries: 1, sequences: 1, steps: 4, reverse: false, saved: 0,
};

const rules: Readonly<Record<OpName, ShapeRule>> = {
  neg: unary(), abs: unary(), exp: unary(), log: unary(), log1p: unary(), sqrt: unary(), sign: unary(), sin: unary(), cos: unary(), atan: unary(), floor: unary(), tanh: unary(),
  sigmoid: unary(), erf: unary(), relu: unary(), elu: unary({ alpha: 1 }), selu: unary(), softplus: unary(),
  add: binary('float32'), sub: binary('float32'), mul: binary('float32'), div: binary('float32', wholeNumbers),
  pow: binary('float32', wholeNumbers), maximum: binary('float32'), minimum: binary('float32'),
  greater: binary('bool'), greaterEqual: binary('bool'), equal: binary('bool'),
  logicalAnd: {
    takes: { inputs: [bool(BATCH, 1), bool(3)], gives: [bool(BATCH, 3)] },
    refuses: { floats: { inputs: [float(2), float(2)] }, 'shapes that do not broadcast': { inputs: [bool(2), bool(3)] } },
  },
  where: {
    takes: { inputs: [bool(BATCH, 1), float(3), float()], gives: [float(BATCH, 3)] },
    refuses: {
      'a condition of floats': { inputs: [float(2), float(2), float(2)] },
      'branches of two dtypes': { inputs: [bool(2), float(2), int(2)] },
      'shapes that do not broadcast': { inputs: [bool(2), float(3), float()] },
    },
  },
  cast: { takes: { inputs: [int(BATCH, 2)], attributes: { dtype: 'bool' }, gives: [bool(BATCH, 2)] }, refuses: {} },
  oneHot: {
    takes: { inputs: [int(BATCH, 2)], attributes: { depth: 5 }, gives: [float(BATCH, 2, 5)] },
    refuses: { floats: { inputs: [float(2)], attributes: { depth: 5 } }, 'no depth': { inputs: [int(2)], attributes: { depth: 0 } } },
  },
  batchSize: {
    takes: { inputs: [int(-4, 3)], gives: [float()] },
    refuses: { 'a fixed size in front': { inputs: [float(3, BATCH)] }, 'no axes': { inputs: [float()] } },
  },
  sum: reduction(), mean: reduction(), max: reduction(),
  argSort: {
    takes: { inputs: [float(BATCH, 4)], gives: [int(BATCH, 4)] },
    refuses: { 'the axis of the batch': { inputs: [float(BATCH)] }, 'no axis': { inputs: [float()] }, 'truth values': { inputs: [bool(BATCH, 4)] } },
  },
  argMax: {
    takes: { inputs: [float(BATCH, 3, 4)], attributes: { axis: 1 }, gives: [int(BATCH, 4)] },
    refuses: {
      'the batch axis': { inputs: [float(BATCH, 3)], attributes: { axis: 0 } },
      'an axis outside': { inputs: [float(BATCH, 3)], attributes: { axis: 2 } },
      'truth values': { inputs: [bool(2)], attributes: { axis: 0 } },
    },
  },
  reshape: {
    takes: { inputs: [int(BATCH, 40, 8)], attributes: { shape: [-40, 8] }, gives: [int(-40, 8)] },
    refuses: {
      'other sizes': { inputs: [float(BATCH, 6)], attributes: { shape: [BATCH, 5] } },
      'a lost batch': { inputs: [float(BATCH, 6)], attributes: { shape: [6] } },
      'the batch twice': { inputs: [float(BATCH, 6)], attributes: { shape: [BATCH, BATCH] } },
    },
  },
  transpose: {
    takes: { inputs: [float(BATCH, 3, 4)], attributes: { permutation: [2, 0, 1] }, gives: [float(4, BATCH, 3)] },
    refuses: {
      'an axis twice': { inputs: [float(2, 3)], attributes: { permutation: [0, 0] } },
      'too few axes': { inputs: [float(2, 3)], attributes: { permutation: [0] } },
      'an axis outside': { inputs: [float(2, 3)], attributes: { permutation: [0, 2] } },
    },
  },
  broadcastTo: {
    takes: { inputs: [float(3, 1)], attributes: { shape: [BATCH, 3, 4] }, gives: [float(BATCH, 3, 4)] },
    refuses: {
      'a smaller shape': { inputs: [float(BATCH, 3)], attributes: { shape: [BATCH, 1] } },
      'fewer axes': { inputs: [float(2, 3)], attributes: { shape: [3] } },
    },
  },
  concat: {
    takes: { inputs: [float(BATCH, 2, 3), float(BATCH, 5, 3)], attributes: { axis: 1 }, gives: [float(BATCH, 7, 3)] },
    refuses: {
      'sizes that differ elsewhere': { inputs: [float(BATCH, 2, 3), float(BATCH, 5, 4)], attributes: { axis: 1 } },
      'two ranks': { inputs: [float(BATCH, 2), float(BATCH, 2, 1)], attributes: { axis: 1 } },
      'two dtypes': { inputs: [float(2), int(2)], attributes: { axis: 0 } },
      'the batch axis': { inputs: [float(BATCH, 2), float(BATCH, 2)], attributes: { axis: 0 } },
    },
  },
  slice: {
    takes: { inputs: [int(BATCH, 7)], attributes: { axis: 1, start: 1, end: 7, step: 4 }, gives: [int(BATCH, 2)] },
    refuses: {
      'an end outside': { inputs: [float(BATCH, 3)], attributes: { axis: 1, start: 0, end: 4, step: 1 } },
      nothing: { inputs: [float(BATCH, 3)], attributes: { axis: 1, start: 2, end: 2, step: 1 } },
      'a start before the front': { inputs: [float(BATCH, 3)], attributes: { axis: 1, start: -1, end: 2, step: 1 } },
      'a step of 0': { inputs: [float(BATCH, 3)], attributes: { axis: 1, start: 0, end: 2, step: 0 } },
      'the batch axis': { inputs: [float(BATCH, 3)], attributes: { axis: 0, start: 0, end: 1, step: 1 } },
    },
  },
  pad: {
    takes: { inputs: [float(BATCH, 3)], attributes: { padding: [[0, 0], [1, 2]], value: 0 }, gives: [float(BATCH, 6)] },
    refuses: {
      'the batch axis': { inputs: [float(BATCH, 3)], attributes: { padding: [[1, 0], [0, 0]], value: 0 } },
      'too few pairs': { inputs: [float(BATCH, 3)], attributes: { padding: [[0, 0]], value: 0 } },
      'negative padding': { inputs: [float(3)], attributes: { padding: [[-1, 0]], value: 0 } },
    },
  },
  matmul: {
    takes: { inputs: [float(BATCH, 1, 3, 5), float(2, 4, 3)], attributes: { transposeA: true, transposeB: true }, gives: [float(BATCH, 2, 5, 4)] },
    refuses: {
      'sizes that do not meet': { inputs: [float(BATCH, 3), float(4, 2)], attributes: { transposeA: false, transposeB: false } },
      'sizes that meet only transposed': { inputs: [float(BATCH, 3), float(3, 2)], attributes: { transposeA: false, transposeB: true } },
      'a vector': { inputs: [float(BATCH, 3), float(3)], attributes: { transposeA: false, transposeB: false } },
      'leading axes that do not broadcast': { inputs: [float(2, 4, 3), float(5, 3, 2)], attributes: { transposeA: false, transposeB: false } },
      integers: { inputs: [int(2, 2), int(2, 2)], attributes: { transposeA: false, transposeB: false } },
    },
  },
  conv: {
    takes: { inputs: [convX, convKernel], attributes: convAttributes, gives: [convY] },
    refuses: convRefusals((x, kernel, attributes) => ({ inputs: [x, kernel], attributes })),
  },
  convInputGrad: {
    takes: { inputs: [convY, convKernel], attributes: { ...convAttributes, inputShape: convX.shape }, gives: [convX] },
    refuses: {
      ...convRefusals((x, kernel, attributes) => ({ inputs: [convY, kernel], attributes: { ...attributes, inputShape: x.shape } })),
      'a gradient of another shape': { inputs: [float(BATCH, 3, 3, 6), convKernel], attributes: { ...convAttributes, inputShape: convX.shape } },
    },
  },
  convFilterGrad: {
    takes: { inputs: [convX, convY], attributes: { ...convAttributes, kernelShape: convKernel.shape }, gives: [convKernel] },
    refuses: {
      ...convRefusals((x, kernel, attributes) => ({ inputs: [x, convY], attributes: { ...attributes, kernelShape: kernel.shape } })),
      'a gradient of another shape': { inputs: [convX, float(BATCH, 3, 3, 6)], attributes: { ...convAttributes, kernelShape: convKernel.shape } },
    },
  },
  maxPool: {
    takes: { inputs: [poolX], attributes: poolAttributes, gives: [poolY] },
    refuses: poolRefusals((x, attributes) => ({ inputs: [x], attributes })),
  },
  maxPoolGrad: {
    takes: { inputs: [poolX, poolY, poolY], attributes: poolAttributes, gives: [poolX] },
    refuses: {
      ...poolRefusals((x, attributes) => ({ inputs: [x, poolY, poolY], attributes })),
      'a gradient of another shape': { inputs: [poolX, poolY, poolX], attributes: poolAttributes },
    },
  },
  avgPool: {
    takes: { inputs: [poolX], attributes: poolAttributes, gives: [poolY] },
    refuses: poolRefusals((x, attributes) => ({ inputs: [x], attributes })),
  },
  avgPoolGrad: {
    takes: { inputs: [poolY], attributes: { ...poolAttributes, inputShape: poolX.shape }, gives: [poolX] },
    refuses: {
      ...poolRefusals((x, attributes) => ({ inputs: [poolY], attributes: { ...attributes, inputShape: x.shape } })),
      'a gradient of another shape': { inputs: [poolX], attributes: { ...poolAttributes, inputShape: poolX.shape } },
    },
  },
  batchNorm: {
    takes: { inputs: [float(BATCH, 5, 3), float(3), float(3)], attributes: { axis: 2, epsilon: 1e-3 }, gives: [float(BATCH, 5, 3), float(3), float(3)] },
    refuses: {
      'gamma of another length': { inputs: [float(BATCH, 3), float(4), float(3)], attributes: { axis: 1, epsilon: 1e-3 } },
      'beta of another length': { inputs: [float(BATCH, 3), float(3), float(1)], attributes: { axis: 1, epsilon: 1e-3 } },
      'the batch axis as channels': { inputs: [float(BATCH, 3), float(BATCH), float(BATCH)], attributes: { axis: 0, epsilon: 1e-3 } },
      integers: { inputs: [int(BATCH, 3), float(3), float(3)], attributes: { axis: 1, epsilon: 1e-3 } },
    },
  },
  batchNormGrad: {
    takes: { inputs: [float(BATCH, 3), float(3), float(3), float(3), float(BATCH, 3)], attributes: { axis: 1, epsilon: 1e-3 }, gives: [float(BATCH, 3), float(3), float(3)] },
    refuses: {
      'a gradient of another shape': { inputs: [float(BATCH, 3), float(3), float(3), float(3), float(BATCH, 2)], attributes: { axis: 1, epsilon: 1e-3 } },
      'a variance of another length': { inputs: [float(BATCH, 3), float(3), float(3), float(2), float(BATCH, 3)], attributes: { axis: 1, epsilon: 1e-3 } },
    },
  },
  softmax: {
    takes: { inputs: [float(BATCH, 3)], attributes: { axis: 1 }, gives: [float(BATCH, 3)] },
    refuses: { 'the batch axis': { inputs: [float(BATCH, 3)], attributes: { axis: 0 } }, 'an axis outside': { inputs: [float(BATCH, 3)], attributes: { axis: 2 } } },
  },
  logSoftmax: {
    takes: { inputs: [float(BATCH, 3)], attributes: { axis: 1 }, gives: [float(BATCH, 3)] },
    refuses: { 'the batch axis': { inputs: [float(BATCH, 3)], attributes: { axis: 0 } }, integers: { inputs: [int(2, 3)], attributes: { axis: 1 } } },
  },
  split: {
    takes: { inputs: [float(BATCH, 5, 2)], attributes: { axis: 1, sizes: [2, 3] }, gives: [float(BATCH, 2, 2), float(BATCH, 3, 2)] },
    refuses: {
      'parts that leave something': { inputs: [float(BATCH, 5)], attributes: { axis: 1, sizes: [2, 2] } },
      'an empty part': { inputs: [float(BATCH, 5)], attributes: { axis: 1, sizes: [5, 0] } },
      'the batch axis': { inputs: [float(BATCH, 5)], attributes: { axis: 0, sizes: [1] } },
    },
  },
  gatherRows: {
    takes: { inputs: [float(5, 3), int(BATCH, 2)], gives: [float(BATCH, 2, 3)] },
    refuses: { 'indices of floats': { inputs: [float(5, 3), float(BATCH, 2)] }, 'a table of batches': { inputs: [float(BATCH, 3), int(2)] }, 'a number as table': { inputs: [float(), int(2)] } },
  },
  scatterAddRows: {
    takes: { inputs: [int(BATCH, 2), float(BATCH, 2, 3)], attributes: { rows: 5 }, gives: [float(5, 3)] },
    refuses: {
      'indices of floats': { inputs: [float(BATCH, 2), float(BATCH, 2, 3)], attributes: { rows: 5 } },
      'another number of values': { inputs: [int(BATCH, 2), float(BATCH, 3, 3)], attributes: { rows: 5 } },
      'no rows': { inputs: [int(BATCH, 2), float(BATCH, 2, 3)], attributes: { rows: 0 } },
    },
  },
  gatherSampleRows: {
    takes: { inputs: [float(BATCH, 5, 3), int(BATCH, 2)], gives: [float(BATCH, 2, 3)] },
    refuses: {
      'indices of floats': { inputs: [float(BATCH, 5, 3), float(BATCH, 2)] },
      'another batch': { inputs: [float(BATCH, 5, 3), int(4, 2)] },
      'indices of three axes': { inputs: [float(BATCH, 5, 3), int(BATCH, 2, 1)] },
    },
  },
  scatterAddSampleRows: {
    takes: { inputs: [int(BATCH, 2), float(BATCH, 2, 3)], attributes: { rows: 5 }, gives: [float(BATCH, 5, 3)] },
    refuses: {
      'another number of values': { inputs: [int(BATCH, 2), float(BATCH, 3, 3)], attributes: { rows: 5 } },
      'no rows': { inputs: [int(BATCH, 2), float(BATCH, 2, 3)], attributes: { rows: 0 } },
    },
  },
  scan: {
    takes: { inputs: [float(BATCH, 2), float(4, BATCH, 2)], attributes: runningSum, gives: [float(BATCH, 2), float(4, BATCH, 2)] },
    refuses: {
      'another number of steps': { inputs: [float(BATCH, 2), float(5, BATCH, 2)], attributes: runningSum },
      'a carry of another shape': { inputs: [float(BATCH, 3), float(4, BATCH, 2)], attributes: runningSum },
      'a body of fewer inputs': { inputs: [float(BATCH, 2), float(4, BATCH, 2), float(1)], attributes: runningSum },
      'a carry that changes its type': { inputs: [float(BATCH, 2), float(4, BATCH, 2)], attributes: { ...runningSum, body: { ...runningSum.body, outputs: [{ name: 'carry0', value: 3 }, { name: 'y0', value: 3 }] } } },
      'no steps': { inputs: [float(BATCH, 2), float(0, BATCH, 2)], attributes: { ...runningSum, steps: 0 } },
    },
  },
};

function infer(name: OpName, { inputs, attributes = {} }: ShapeCase): readonly TensorType[] {
  return operations[name].infer(inputs, attributes);
}

describe('shape rules', () => {
  for (const name of opNames) {
    const { takes, refuses } = rules[name];
    it(`${name} gives the right types`, () => assert.deepEqual(infer(name, takes), takes.gives));
    for (const [what, refused] of Object.entries(refuses)) {
      it(`${name} refuses ${what}`, () => {
        assert.throws(() => infer(name, refused), (error) => error instanceof SurgeryError && error.code === 'shape-mismatch');
      });
    }
  }
});
