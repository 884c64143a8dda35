import { requireRegularizer } from '../layers/penalty';
import type { JsonObject } from '../model/json';
import type { KerasObject } from '../model/model';
import { findLayer } from './edit';
import { regularizable } from './layerSettings';
import type { Operation, OperationDefinition } from './operation';
import { refused } from './refuse';
import { requireSettings, withSetting } from './withSetting';

type SetRegularizer = Extract<Operation, { op: 'setRegularizer' }>;

const classNames: Readonly<Record<string, string>> = { l1: 'L1', l2: 'L2', l1l2: 'L1L2', orthogonalregularizer: 'OrthogonalRegularizer' };

/** What is added to the loss for a layer's kernel, bias or output (`activity`); null for nothing. */
export const setRegularizer: OperationDefinition<SetRegularizer> = {
  op: 'setRegularizer',
  apply(model, { layer: path, weight, regularizer }) {
    const { layer } = findLayer(model, path);
    requireSettings(layer, path);
    const names = regularizable(layer);
    if (!names.includes(weight)) throw refused('The layer has nothing of this name that is regularized.', { expected: `one of ${names.join(', ')}`, received: weight, where: 'weight' });
    return { model: withSetting(model, path, { [`${weight}_regularizer`]: regularizer === null ? null : asKeras(regularizer) }), undo: model };
  },
};

/** As Keras 3 writes it into a config. */
function asKeras(regularizer: KerasObject): JsonObject {
  requireRegularizer(regularizer, 'regularizer');
  const { class_name: name, config } = typeof regularizer === 'string' ? { class_name: regularizer, config: {} } : regularizer;
  const className = classNames[name.toLowerCase().replaceAll('_', '')] ?? name;
  const complete = typeof regularizer === 'string' && className === 'L1L2' ? { l1: 0.01, l2: 0.01 } : config;
  return { module: 'keras.regularizers', class_name: className, config: complete, registered_name: null };
}
