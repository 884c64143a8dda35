import type { KeptGroup, Layer } from '../model/model';
import { editLayer, findLayer } from './edit';
import type { Operation, OperationDefinition } from './operation';
import { refused } from './refuse';
import { requireSettings, withSetting } from './withSetting';

type SetRate = Extract<Operation, { op: 'setRate' }>;

/** The share that a dropout layer drops. */
export const setRate: OperationDefinition<SetRate> = {
  op: 'setRate',
  apply(model, { layer: path, rate }) {
    const { layer } = findLayer(model, path);
    requireSettings(layer, path);
    if (!/Dropout/.test(layer.className)) throw refused('The layer has no rate.', { expected: 'a Dropout layer', received: layer.className, where: path });
    if (!(rate >= 0 && rate <= 1)) throw refused('A rate is a share.', { expected: 'a number from 0 to 1', received: String(rate), where: 'rate' });
    const set = withSetting(model, path, { rate });
    return { model: editLayer(set, path, (each) => (rate === 0 ? withoutSeed(each) : each)), undo: model };
  },
};

/** Keras gives a layer that drops nothing no random generator, and refuses a file that has one. */
function withoutSeed(layer: Layer): Layer {
  const weights = layer.weights.filter(({ name }) => !name.endsWith('seed_generator_state'));
  const kept = layer.keptWeights?.filter(({ path }: KeptGroup) => path !== 'seed_generator' && !path.startsWith('seed_generator/'));
  return { ...layer, weights, ...(kept ? { keptWeights: kept } : {}) };
}
