/** A float32 array as NumPy's `.npy`, version 1, row-major. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
export function writeNpy(shape: readonly number[], data: Float32Array): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${sizes}), }`;
  // The elements begin at a multiple of 64 bytes; the header ends with a new line.
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const result = new Uint8Array(10 + length + data.byteLength);
  result.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >> 8]);
  result.set(new TextEncoder().encode(`${text.padEnd(length - 1)}\n`), 10);
  const view = new DataView(result.buffer, 10 + length);
  data.forEach((value, index) => view.setFloat32(4 * index, value, true));
  return result;
}
