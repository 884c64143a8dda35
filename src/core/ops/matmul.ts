import type { NumericTensor, OpDefinition } from './definition';
import type { GraphNode, TensorType, Value } from './graph';
import { reshape } from './reshape';
import { broadcastShapes, type Shape, sizeOfShape } from './shape';
import { broadcastWalk, elementCount, forEachRow, gather, stridesOf, wholeWalk } from './strides';
import { expectDType, refusal, showTypes } from './typeRules';
import { unbroadcast } from './unbroadcast';

export interface MatmulAttributes {
  /** The last two axes of the first (second) operand are exchanged first. */
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Rows and columns of the last two axes. */
function matrixOf(shape: Shape, transposed: boolean): [rows: number, columns: number] {
  const [rows, columns] = shape.slice(-2);
  return transposed ? [columns, rows] : [rows, columns];
}

function inferMatmul(inputs: readonly TensorType[], { transposeA, transposeB }: MatmulAttributes): TensorType {
  expectDType('matmul', inputs, 'float32');
  const [a, b] = inputs;
  if (a.shape.length < 2 || b.shape.length < 2) throw refusal('matmul', 'two tensors of rank 2 or more', showTypes(inputs));
  const [rows, inner] = matrixOf(a.shape, transposeA);
  const [innerB, columns] = matrixOf(b.shape, transposeB);
  if (inner !== innerB) {
    throw refusal('matmul', 'as many columns on the left as rows on the right', `${showTypes(inputs)}${transposeA ? ', left transposed' : ''}${transposeB ? ', right transposed' : ''}`);
  }
  return { shape: [...broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2)), rows, columns], dtype: 'float32' };
}

function leftGradient(dy: Value, { inputs: [a, b], attributes: { transposeA, transposeB } }: GraphNode<MatmulAttributes>): Value {
  const da = transposeA
    ? matmul(b, dy, { transposeA: transposeB, transposeB: true })
    : matmul(dy, b, { transposeB: !transposeB });
  return unbroadcast(da, a.shape);
}

function rightGradient(dy: Value, { inputs: [a, b], attributes: { transposeA, transposeB } }: GraphNode<MatmulAttributes>): Value {
  // One product of all rows, not one per leading index and a sum: what a Dense on a sequence needs.
  const byRows = b.shape.length === 2 && a.shape.length > 2 && !transposeA;
  const left = byRows ? asRows(a) : a;
  const upstream = byRows ? asRows(dy) : dy;
  const db = transposeB
    ? matmul(upstream, left, { transposeA: true, transposeB: transposeA })
    : matmul(left, upstream, { transposeA: !transposeA });
  return unbroadcast(db, b.shape);
}

function asRows(x: Value): Value {
  return reshape(x, [sizeOfShape(x.shape.slice(0, -1)), x.shape[x.shape.length - 1]]);
}

/** With the last two axes exchanged where asked for. */
function orient(x: NumericTensor, transposed: boolean): NumericTensor {
  if (!transposed) return x;
  const rank = x.shape.length;
  const order = [...x.shape.keys()].slice(0, -2).concat(rank - 1, rank - 2);
  const strides = stridesOf(x.shape);
  return gather(order.map((axis) => x.shape[axis]), x.data, { offset: 0, strides: order.map((axis) => strides[axis]) });
}

interface MatrixPlace {
  /** Offsets of the three matrices, in elements. */
  readonly c: number;
  readonly a: number;
  readonly b: number;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/** c[rows, columns] += a[rows, inner] b[inner, columns]. Four rows of b at a time: each c is read and written a quarter as often. */
function multiplyInto(c: Float64Array, a: Float64Array, b: Float64Array, place: MatrixPlace): void {
  const { rows, inner, columns } = place;
  const fours = inner - (inner % 4);
  for (let row = 0; row < rows; row++) {
    const start = place.c + row * columns;
    const factors = place.a + row * inner;
    for (let k = 0; k < fours; k += 4) {
      const [f0, f1, f2, f3] = [a[factors + k], a[factors + k + 1], a[factors + k + 2], a[factors + k + 3]];
      const from = place.b + k * columns;
      for (let column = 0; column < columns; column++) {
        const at = from + column;
        c[start + column] += f0 * b[at] + f1 * b[at + columns] + f2 * b[at + 2 * columns] + f3 * b[at + 3 * columns];
      }
    }
    for (let k = fours; k < inner; k++) {
      const factor = a[factors + k];
      const from = place.b + k * columns;
      for (let column = 0; column < columns; column++) c[start + column] += factor * b[from + column];
    }
  }
}

function multiply(a: NumericTensor, b: NumericTensor): NumericTensor {
  const [rows, inner] = a.shape.slice(-2);
  const columns = b.shape[b.shape.length - 1];
  const outer = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...outer, rows, columns];
  const data = new Float64Array(elementCount(shape));
  const walks = [broadcastWalk(a.shape.slice(0, -2), outer), broadcastWalk(b.shape.slice(0, -2), outer), wholeWalk(outer)];
  forEachRow(outer, walks, ([atA, atB, at], length, [stepA, stepB, step]) => {
    for (let i = 0; i < length; i++) {
      multiplyInto(data, a.data, b.data, {
        c: (at + i * step) * rows * columns,
        a: (atA + i * stepA) * rows * inner,
        b: (atB + i * stepB) * inner * columns,
        rows, inner, columns,
      });
    }
  });
  return { shape, data };
}

export const matmulOps: { matmul: OpDefinition<MatmulAttributes> } = {
  matmul: {
    name: 'matmul',
    infer: (inputs, attributes) => [inferMatmul(inputs, attributes)],
    gradient: (node, [dy], [wantedA, wantedB]) => [
      dy && wantedA ? leftGradient(dy, node) : undefined,
      dy && wantedB ? rightGradient(dy, node) : undefined,
    ],
    reference: ([a, b], { transposeA, transposeB }) => [multiply(orient(a, transposeA), orient(b, transposeB))],
  },
};

/** Product of the last two axes; [..., m, k] and [..., k, n] give [..., m, n], leading axes broadcast. */
export function matmul(a: Value, b: Value, { transposeA = false, transposeB = false }: Partial<MatmulAttributes> = {}): Value {
  return a.graph.add(matmulOps.matmul, [a, b], { transposeA, transposeB })[0];
}
