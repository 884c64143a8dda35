import { z } from 'zod';
import { SurgeryError } from '../errors';
import { positive, readConfig } from './config';
import { encodeColumn, encodedDType, encodedShape, type Encoding, notSparse } from './encodeCategories';
import { fingerprint64, joinFingerprints } from './farmFingerprint';
import { type HostColumn, onlyOnHost } from './hostColumn';
import type { KerasShape, LayerDefinition } from './layer';
import { showKerasShape } from './shapes';

const schema = z.object({ num_bins: positive, output_mode: z.enum(['int', 'one_hot']).default('int'), sparse: notSparse });

type HashedCrossingConfig = z.output<typeof schema>;

/** TensorFlow's key of `sparse.cross_hashed`. */
const hashKey = 0xdecafcaffen;

/** The bin of each combination of texts and integers by its hash. */
export const hashedCrossingLayer: LayerDefinition<HashedCrossingConfig> = {
  className: 'HashedCrossing',
  limits: 'on what the data holds (inputs, and lookups, bins and hashes of them); no sparse output',
  parse: (config, where) => readConfig(schema, config, where),
  weights: () => [],
  outputShapes: (config, inputs) => [encodedShape(crossedShape(inputs), encodingOf(config))],
  outputDTypes: (config) => [encodedDType(config.output_mode)],
  call: () => {
    throw onlyOnHost('HashedCrossing');
  },
  onHost: (config, columns) => encodeColumn(crossColumns(columns, config.num_bins), encodingOf(config)),
};

function encodingOf({ output_mode: mode, num_bins: depth }: HashedCrossingConfig): Encoding {
  return { mode, depth, className: 'HashedCrossing' };
}

function crossedShape(inputs: readonly KerasShape[]): KerasShape {
  const [first = []] = inputs;
  const single = (shape: KerasShape): boolean => shape.length === first.length && (shape.length === 1 || (shape.length === 2 && shape[1] === 1));
  if (inputs.length > 1 && inputs.every(single)) return first;
  throw new SurgeryError('shape-mismatch', 'HashedCrossing takes several inputs with one value for each sample.', {
    expected: 'at least two inputs, all [batch] or all [batch, 1]', received: inputs.map(showKerasShape).join(', '),
  });
}

function crossColumns(columns: readonly HostColumn[], bins: number): HostColumn {
  const encoder = new TextEncoder();
  const readers = columns.map(({ words, read, dtype }) => {
    if (dtype === 'float32') throw new SurgeryError('data-mismatch', 'HashedCrossing crosses texts and integers.', { expected: 'an input of texts or integers', received: 'float32' });
    const prints = words?.map((word) => fingerprint64(encoder.encode(word)));
    return (sample: number): bigint => {
      const [value] = Array.from(read(sample));
      return prints?.[value] ?? BigInt.asUintN(64, BigInt(value));
    };
  });
  const row = new Int32Array(1);
  return {
    shape: columns[0].shape,
    dtype: 'int32',
    read: (sample) => {
      row[0] = Number(readers.reduce((hash, reader) => joinFingerprints(hash, reader(sample)), hashKey) % BigInt(bins));
      return row;
    },
  };
}
