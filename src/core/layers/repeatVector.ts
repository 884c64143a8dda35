import { z } from 'zod';
import { reshape } from '../ops/reshape';
import { positive, readConfig } from './config';
import type { LayerDefinition } from './layer';
import { repeat } from './repeat';
import { only, requireRank } from './shapes';

const schema = z.object({ n: positive });

type RepeatVectorConfig = z.output<typeof schema>;

/** `[batch, features]` to `[batch, n, features]`. */
export const repeatVectorLayer: LayerDefinition<RepeatVectorConfig> = {
  className: 'RepeatVector',
  parse: (config, where) => readConfig(schema, config, where),
  weights: () => [],
  outputShapes: ({ n }, inputs) => {
    const input = only(inputs, 'RepeatVector');
    requireRank(input, 2, 'RepeatVector');
    return [[input[0] ?? null, n, input[1] ?? null]];
  },
  call: ({ config: { n } }, inputs) => {
    const x = only(inputs, 'RepeatVector');
    requireRank(x.shape, 2, 'RepeatVector');
    const [batch = 1, features = 1] = x.shape;
    return [repeat(reshape(x, [batch, 1, features]), 1, n)];
  },
};
