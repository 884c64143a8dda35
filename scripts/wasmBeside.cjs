/**
 * webpack loader for h5wasm, whose script holds its WebAssembly as text of four megabytes. A process would read and decode that
 * text at each start: here it becomes a file beside the bundles, which is read when HDF5 is. Throws when h5wasm has changed.
 */
const file = 'hdf5.wasm';
const literal = /binaryDecode\('((?:[^'\\]|\\.)*)'\)/s;
/** As the script decodes it. */
const decode = 'o[i]=~c>>8&c';
const escapes = { "'": "'", '\\': '\\', n: '\n', r: '\r' };

module.exports = function wasmBeside(source) {
  const text = source.includes(decode) ? literal.exec(source)?.[1] : undefined;
  if (text === undefined) throw new Error(`${this.resourcePath} no longer holds its WebAssembly as text`);
  const characters = text.replace(/\\(.)/gs, (_, escaped) => escapes[escaped]);
  const bytes = Uint8Array.from(characters, (character) => (~character.charCodeAt(0) >> 8) & character.charCodeAt(0));
  if (!WebAssembly.validate(bytes)) throw new Error(`${this.resourcePath}: its WebAssembly was read wrong`);
  this.emitFile(file, Buffer.from(bytes));
  return source.replace(literal, () => `require('node:fs').readFileSync(require('node:path').join(__dirname, '${file}'))`);
};
