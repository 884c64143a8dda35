import { SurgeryError } from '../errors';
import { isJsonObject, type Json, type JsonObject } from '../model/json';

/** Initializers that TensorFlow.js has, by Keras' names. The weights are in the file: one that it lacks is left to its default. */
const initializers: Readonly<Record<string, string>> = {
  Zeros: 'Zeros', Ones: 'Ones', Constant: 'Constant', RandomUniform: 'RandomUniform', RandomNormal: 'RandomNormal', TruncatedNormal: 'TruncatedNormal', VarianceScaling: 'VarianceScaling',
  GlorotUniform: 'GlorotUniform', GlorotNormal: 'GlorotNormal', HeUniform: 'HeUniform', HeNormal: 'HeNormal', LecunUniform: 'LeCunUniform', LecunNormal: 'LeCunNormal',
  Orthogonal: 'Orthogonal', OrthogonalInitializer: 'Orthogonal', Identity: 'Identity', IdentityInitializer: 'Identity',
};

/** The only regularizer that TensorFlow.js has, which takes what is left out for 0.01. */
const regularizers = new Set(['L1', 'L2', 'L1L2']);

/** TensorFlow.js throws where a layer has any of these. */
const neverTaken: ReadonlySet<string> = new Set();

const constraints = new Set(['MaxNorm', 'UnitNorm', 'NonNeg', 'MinMaxNorm']);

/** Throws `unsupported` for a regularizer or constraint of a layer that TensorFlow.js lacks. */
export function requireTfjsObjects(config: JsonObject, path: string): void {
  for (const [key, value] of Object.entries(config)) {
    const known = takenFor(key);
    if (!known || !isJsonObject(value) || (typeof value['class_name'] === 'string' && known.has(value['class_name']))) continue;
    throw new SurgeryError('unsupported', `TensorFlow.js does not have this ${key}.`, {
      expected: [...known].join(', ') || 'none', received: JSON.stringify(value['class_name'] ?? null), where: `${path}.${key}`,
    });
  }
}

function takenFor(key: string): ReadonlySet<string> | undefined {
  if (key === 'activity_regularizer') return neverTaken;
  if (key.endsWith('_regularizer')) return regularizers;
  return key.endsWith('_constraint') ? constraints : undefined;
}

/** An initializer or regularizer in the words of TensorFlow.js; anything else as it is. `key` is the setting. */
export function tfjsObject(key: string, value: Json): Json {
  if (!isJsonObject(value)) return value;
  const { class_name: className, config } = value;
  if (typeof className !== 'string') return value;
  const settings = isJsonObject(config) ? config : {};
  if (key.endsWith('_initializer')) return Object.hasOwn(initializers, className) ? { class_name: initializers[className], config: settings } : null;
  if (!key.endsWith('_regularizer') || !regularizers.has(className)) return value;
  return { class_name: 'L1L2', config: { l1: settings['l1'] ?? 0, l2: settings['l2'] ?? 0 } };
}
