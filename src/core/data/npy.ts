import { SurgeryError } from '../errors';
import { sizeOf, type StoredDType } from '../model/tensor';
import type { ArrayData } from './dataSet';
import { decodeElements, type NumberArray } from './elements';
import { decodeTexts, type TextType } from './texts';

const magic = '\u0093NUMPY';

const dtypes: Readonly<Record<string, StoredDType>> = {
  b1: 'bool', u1: 'uint8', i1: 'int8', u2: 'uint16', i2: 'int16', u4: 'uint32', i4: 'int32', u8: 'uint64', i8: 'int64', f2: 'float16', f4: 'float32', f8: 'float64',
};

export function isNpy(bytes: Uint8Array): boolean {
  return latin1(bytes.subarray(0, magic.length)) === magic;
}

/**
 * An array as `numpy.save` writes it: versions 1 to 3, both byte orders, both memory orders; the result is row-major.
 * Texts of a fixed width (`<U5`, `|S5`) come as places in the list of what there is. Throws `data-broken`, or `unsupported` for pickled
 * objects, records and complex numbers.
 */
export function parseNpy(bytes: Uint8Array, where: string): NumberArray {
  const { header, start } = readHeader(bytes, where);
  const shape = shapeOf(header, where);
  const text = textTypeOf(header);
  const array = text ? decodeTexts(bytes.subarray(start), { shape, ...text }, where) : decodeElements(bytes.subarray(start), { shape, ...typeOf(header, where) }, where);
  return /'fortran_order':\s*True/.test(header) ? { ...array, data: toRowMajor(array) } : array;
}

function readHeader(bytes: Uint8Array, where: string): { readonly header: string; readonly start: number } {
  const version = bytes.at(6) ?? 0;
  if (!isNpy(bytes) || version < 1 || version > 3 || bytes.length < 12) throw broken('This is no NumPy array.', where);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [from, length] = version === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  if (from + length > bytes.length || length > 65_536) throw broken('The header of the array is cut off.', where);
  return { header: latin1(bytes.subarray(from, from + length)), start: from + length };
}

function shapeOf(header: string, where: string): readonly number[] {
  const found = /'shape':\s*\(([\d\s,]*)\)/.exec(header)?.[1];
  if (found === undefined) throw broken('The header of the array names no shape.', where);
  const shape = found.split(',').map((part) => part.trim()).filter((part) => part !== '').map(Number);
  if (shape.length > 32 || !Number.isSafeInteger(sizeOf(shape))) throw broken('The shape of the array is none.', where);
  return shape;
}

function textTypeOf(header: string): TextType | undefined {
  const [, order = '', kind = '', width = ''] = /'descr':\s*'([<>|=]?)([US])(\d+)'/.exec(header) ?? [];
  return kind === '' ? undefined : { wide: kind === 'U', width: Number(width), littleEndian: order !== '>' };
}

function typeOf(header: string, where: string): { readonly dtype: StoredDType; readonly littleEndian: boolean } {
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1] ?? 'a record';
  const [, order = '', code = ''] = /^([<>|=]?)(\w+)$/.exec(descr) ?? [];
  const dtype = Object.hasOwn(dtypes, code) ? dtypes[code] : undefined;
  if (dtype) return { dtype, littleEndian: order !== '>' };
  const message = code.startsWith('O') ? 'The array holds pickled Python objects, which are code and never read.' : 'The array holds no plain numbers.';
  throw new SurgeryError('unsupported', message, { expected: 'integers, floats, truth values or texts of a fixed width', received: descr, where });
}

/** From "Fortran order", in which the first axis runs fastest. */
function toRowMajor({ shape, data }: NumberArray): ArrayData {
  const result = data.slice();
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  const index = shape.map(() => 0);
  for (let at = 0; at < data.length; at++) {
    result[at] = data[index.reduce((sum, place, axis) => sum + place * strides[axis], 0)];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] += 1;
      if (index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
  return result;
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

function broken(message: string, where: string): SurgeryError {
  return new SurgeryError('data-broken', message, { expected: 'a file of numpy.save', where });
}
