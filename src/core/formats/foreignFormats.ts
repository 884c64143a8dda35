import { SurgeryError } from '../errors';

interface Foreign {
  readonly is: (head: Uint8Array, name: string) => boolean;
  /** A sentence that says what the file is. */
  readonly message: string;
  /** What could be opened instead. */
  readonly expected: string;
}

const anyModel = 'a .keras archive, an HDF5 file or a TensorFlow.js model.json';

const bytesAt = (at: number, ...bytes: readonly number[]) => (head: Uint8Array): boolean => bytes.every((byte, index) => head[at + index] === byte);
const textAt = (at: number, text: string): ((head: Uint8Array) => boolean) => bytesAt(at, ...new TextEncoder().encode(text));
const named = (end: RegExp) => (_head: Uint8Array, name: string): boolean => end.test(name);

/** Files that people take for Keras models, by their first bytes, or by the name where the bytes say little. */
const foreign: readonly Foreign[] = [
  { is: textAt(0, 'version https://git-lfs'), message: 'The file is a pointer of Git LFS: the model itself was not fetched.', expected: 'the model, fetched with git lfs pull' },
  { is: (head) => /^\s*<(!doctype|html)/i.test(new TextDecoder('latin1').decode(head)), message: 'The file is a web page: the download did not give the model.', expected: anyModel },
  { is: textAt(4, 'TFL3'), message: 'The file is a model of TensorFlow Lite: operations without Keras layers, which cannot be cut or trained.', expected: 'the Keras model that it was converted from' },
  { is: textAt(0, 'GGUF'), message: 'The file is a GGUF model, which has no Keras layers.', expected: anyModel },
  { is: bytesAt(0, 0x1f, 0x8b), message: 'The file is compressed with gzip.', expected: 'the file that is inside it, unpacked' },
  { is: (head) => head[0] === 0x80 && head[1] >= 2 && head[1] <= 5, message: 'The file is a Python pickle, which only running its code would read.', expected: 'the model saved by model.save("model.keras")' },
  { is: (head) => /^\s*\[\s*\{\s*"(weights|paths)"/.test(new TextDecoder('latin1').decode(head)), message: 'The file lists weights for TensorFlow.js and says nothing of the model that has them.', expected: 'a layers model with its model.json' },
  { is: named(/(^|[\\/])(saved_model|keras_metadata|fingerprint)\.pb$/i), message: 'The file is a part of a SavedModel.', expected: 'the folder that it lies in' },
  { is: named(/\.pb$/i), message: 'The file is a frozen graph of TensorFlow: operations without Keras layers, which cannot be cut or trained.', expected: 'the Keras model that was frozen' },
  { is: named(/\.onnx$/i), message: 'The file is an ONNX graph: operations without Keras layers, which cannot be cut or trained.', expected: 'the Keras model that it was converted from' },
];

/** The error for a file that no reader knows. `head` are its first bytes. */
export function unknownFormat(head: Uint8Array, name: string): SurgeryError {
  const known = foreign.find(({ is }) => is(head, name));
  if (known) return new SurgeryError('format-unknown', known.message, { expected: known.expected, where: name });
  return new SurgeryError('format-unknown', 'The file is no model of a format that we read.', { expected: anyModel, received: 'none of them', where: name });
}
