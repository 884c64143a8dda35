import { readFileSync } from 'node:fs';
import { notRun } from '../src/core/layers/notRun';
import { operationsNotRun } from '../src/core/layers/operations/notRun';
import { operationDefinitions } from '../src/core/layers/operations/registry';
import { layerDefinitions } from '../src/core/layers/registry';

interface KerasLayer {
  readonly name: string;
  readonly family: string;
  /** Where the name is another one's. */
  readonly class?: string;
}

interface KerasLayers {
  /** The version that the names are of. */
  readonly keras: string;
  readonly layers: readonly KerasLayer[];
}

const kerasLayers = JSON.parse(readFileSync(new URL('kerasLayers.json', import.meta.url), 'utf8')) as KerasLayers;

interface KerasOperations {
  /** Classes by the module of keras.ops that has them. */
  readonly modules: Readonly<Record<string, readonly string[]>>;
}

const kerasOperations = JSON.parse(readFileSync(new URL('kerasOperations.json', import.meta.url), 'utf8')) as KerasOperations;

/** Families as Keras' own folders name them, in the order of its documentation. */
const families: Readonly<Record<string, string>> = {
  core: 'Core', convolutional: 'Convolution', pooling: 'Pooling', rnn: 'Recurrent', attention: 'Attention', normalization: 'Normalization',
  regularization: 'Regularization', reshaping: 'Reshaping', merging: 'Merging', activations: 'Activations', preprocessing: 'Preprocessing and augmentation',
};

const OTHER = 'Other';

const definitions = new Map(layerDefinitions.map((definition) => [definition.className, definition]));

/** What stands in the two columns after a layer's name. */
function answer(layer: KerasLayer): readonly [supported: string, note: string] {
  const className = layer.class ?? layer.name;
  const definition = definitions.get(className);
  const alias = layer.class === undefined ? [] : [`the same as ${layer.class}`];
  if (definition) return [definition.trains === false ? 'in inference' : 'yes', [...alias, ...(definition.limits === undefined ? [] : [definition.limits])].join('; ')];
  return ['no', [...alias, notRun[className] ?? 'not yet'].join('; ')];
}

function table(layers: readonly KerasLayer[]): string {
  const rows = layers.map((layer) => `| ${[layer.name, ...answer(layer)].join(' | ')} |`);
  return ['| layer | runs | |', '|---|---|---|', ...rows].join('\n');
}

const runnable = new Set(operationDefinitions.map(({ className }) => className));

/** What can be a node of a graph beside layers. */
function operationsSection(): string {
  const all = Object.values(kerasOperations.modules).flat();
  const run = all.filter((name) => runnable.has(name));
  const lists = Object.entries(kerasOperations.modules).map(([module, names]) => {
    const known = names.filter((name) => runnable.has(name)).map((name) => `\`${name}\``);
    return known.length === 0 ? '' : `- \`keras.ops.${module}\`: ${known.join(', ')}`;
  });
  const refused = all.filter((name) => !runnable.has(name)).map((name) => `| ${name} | ${operationsNotRun[name] ?? 'not yet'} |`);
  return [
    '## Operations',
    `A graph may also hold operations of \`keras.ops\`. Of its ${all.length} classes ${run.length} run, in training too. An axis that is sorted, accumulated, cut or counted out must not be the batch's, nor free.`,
    lists.filter((list) => list !== '').join('\n'),
    ['| not run | why |', '|---|---|', ...refused].join('\n'),
  ].join('\n\n');
}

/** `docs/layers.md`: every public layer of Keras, and whether a model with it can be run, made from the code that runs them. */
export function layersPage(): string {
  const { keras, layers } = kerasLayers;
  const own = new Set(layers.map((layer) => layer.class ?? layer.name));
  const extra = [...definitions.keys()].filter((className) => !own.has(className));
  const titles = [...new Set([...Object.values(families), OTHER])];
  const sections = titles.map((title) => {
    const members = layers.filter(({ family }) => (families[family] ?? OTHER) === title);
    return `## ${title}\n\n${table(members)}`;
  });
  const count = (supported: string): number => layers.filter((layer) => answer(layer)[0] === supported).length;
  return [
    '# Layers',
    'Written by `npm run docs:layers` from the code; a test holds it current.',
    `Of the ${layers.length} names in \`keras.layers\` of Keras ${keras}, ${count('yes')} predict and train on every engine, held to real Keras' outputs and gradients, and ${count('in inference')} more predict. ` +
      'A model with any other layer still opens: the layer is shown, its weights are kept and written back, and what cannot be run says which layer it is.',
    'Refused by name in any layer: weights that are quantized, LoRA, and call arguments that the layer does not take here.',
    ...sections,
    operationsSection(),
    `## Of keras.applications\n\nClasses that Keras defines beside its layers: ${extra.map((name) => `\`${name}\``).join(', ')}.`,
  ].join('\n\n').concat('\n');
}
