import { floatTensor } from '../../model/tensor';
import { broadcastTo } from '../../ops/broadcastTo';
import type { Value } from '../../ops/graph';
import { reshape } from '../../ops/reshape';
import { showShape } from '../../ops/shape';
import { slice } from '../../ops/slice';
import { sampleImages, type FillMode } from '../sampleImage';
import { asFloat } from '../shapes';
import { onImages } from './images';
import type { KerasOperation } from './operation';
import type { OperationCall } from './operationCall';

const fillModes: readonly FillMode[] = ['constant', 'nearest', 'reflect', 'wrap'];

/** Images under the eight numbers of a projective map, one map for all or one for each: [8] or [batch, 8]. */
function moved(call: OperationCall, images: Value, transform: Value): Value {
  if (transform.shape.at(-1) !== 8 || transform.shape.length > 2) throw call.refuse('a transform that is no eight numbers', showShape(transform.shape));
  const rows = broadcastTo(transform.shape.length === 2 ? transform : reshape(transform, [1, 8]), [images.shape[0] ?? 1, 8]);
  const at = (place: number): Value => slice(rows, 1, place, place + 1);
  const interpolation = call.plain('interpolation') ?? 'bilinear';
  const fill = fillModes.find((mode) => mode === (call.plain('fill_mode') ?? 'constant'));
  if ((interpolation !== 'bilinear' && interpolation !== 'nearest') || !fill) throw call.refuse('this interpolation or fill_mode', JSON.stringify([interpolation, call.plain('fill_mode') ?? null]));
  return sampleImages(asFloat(images), { a: [at(0), at(1), at(2)], b: [at(3), at(4), at(5)], c: [at(6), at(7)] }, { interpolation, fill_mode: fill, fill_value: call.number('fill_value', 0) });
}

/** Corners, as constants. */
function cornersOf(call: OperationCall, name: string): readonly (readonly [number, number])[] {
  const tensor = call.tensor(name);
  const held = tensor.graph.constants.get(tensor.id);
  if (!held || held.data.length !== 8) throw call.refuse(`${name} that are not four constant points`, showShape(tensor.shape));
  const numbers = Array.from(held.data, Number);
  return [0, 2, 4, 6].map((place) => [numbers[place] ?? 0, numbers[place + 1] ?? 0] as const);
}

/** The map that takes each end to its start: eight equations, as Keras sets them up. */
function homography(starts: readonly (readonly [number, number])[], ends: readonly (readonly [number, number])[]): readonly number[] {
  const equations = starts.flatMap(([x, y], index) => {
    const [u, v] = ends[index] ?? [0, 0];
    return [[u, v, 1, 0, 0, 0, -x * u, -x * v, x], [0, 0, 0, u, v, 1, -y * u, -y * v, y]];
  });
  return eliminated(equations);
}

/** Gauss and Jordan with the largest pivot; each row ends with its right side. */
function eliminated(rows: number[][]): readonly number[] {
  const count = rows.length;
  for (let column = 0; column < count; column++) {
    const pivot = rows.reduce((best, row, index) => (index >= column && Math.abs(row[column]) > Math.abs(rows[best][column]) ? index : best), column);
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    rows[column] = rows[column].map((number) => number / rows[column][column]);
    rows.forEach((row, index) => {
      const share = row[column];
      if (index !== column) rows[index] = row.map((number, place) => number - share * rows[column][place]);
    });
  }
  return rows.map((row) => row[count]);
}

function perspective(call: OperationCall, images: Value): Value {
  const numbers = homography(cornersOf(call, 'start_points'), cornersOf(call, 'end_points'));
  return moved(call, images, images.graph.constant(floatTensor([8], Float32Array.from(numbers))));
}

export const transformOperations: readonly KerasOperation[] = [
  { className: 'AffineTransform', parameters: ['images', 'transform'], apply: (call) => onImages(call, (images) => moved(call, images, call.float('transform'))) },
  { className: 'PerspectiveTransform', parameters: ['images', 'start_points', 'end_points'], apply: (call) => onImages(call, (images) => perspective(call, images)) },
];
