import { splitReference } from '../data/readArrays';
import { isJsonObject, type Json, type JsonObject } from '../model/json';
import { walkLayers, type KerasObject, type Model } from '../model/model';
import type { DataReference, DataSetPlan, PhasePlan, Plan } from '../plan/plan';
import { seedsOf } from '../plan/seeds';
import { flagModel } from '../run/phase';
import { operationText } from '../surgery/operationText';
import { python, pythonComment, pythonText } from './python';
import { readingText } from './readingRuntime';
import { streamText, trainingText } from './scriptRuntime';

export interface ScriptOptions {
  /** With the plan's operations applied: what `modelFile` holds. */
  readonly model: Model;
  /** A `.keras` file beside the script. */
  readonly modelFile: string;
  /** Null: the script only loads the model. */
  readonly plan: Plan | null;
  /** The path of a data file of the plan as the script is to open it, from its own folder. */
  readonly place: (path: string) => string;
}

/**
 * A plan as a Python script for Keras 3 that trains as `run` does: the model with its new weights is read from a file beside
 * it, samples and their order come from the same random numbers. Only dropout and its like draw Keras' own.
 */
export function kerasScript(options: ScriptOptions): string {
  const { plan } = options;
  const parts = plan ? [...headText(options, plan), readingText, streamText, trainingText, mainText(options, plan)] : [loadingText(options)];
  return `${parts.join('\n').trim()}\n`;
}

const usage = (what: string): string => `"""${what}, written by Model Surgery.

Needs Keras 3, its backend and NumPy: pip install keras tensorflow numpy (and pyarrow where the data is Parquet)
"""
`;

const argumentsText = `    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).with_suffix(".result"), help="folder for the trained model")
    out = arguments.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
`;

function loadingText({ modelFile }: ScriptOptions): string {
  return `${usage('A model as a Keras script')}
import argparse
import pathlib

import keras

HERE = pathlib.Path(__file__).resolve().parent


def main():
${argumentsText}
    model = keras.models.load_model(HERE / ${pythonText(modelFile)})
    model.summary()
    model.save(out / "model.keras")


if __name__ == "__main__":
    main()
`;
}

function headText({ model, modelFile }: ScriptOptions, plan: Plan): string[] {
  const operations = plan.operations.map((operation) => pythonComment(operationText(operation)));
  return [
    usage('A surgery plan as a Keras script'),
    'import argparse\nimport csv\nimport gzip\nimport io\nimport itertools\nimport json\nimport math\nimport pathlib\n\nimport keras\nimport numpy as np\n\nHERE = pathlib.Path(__file__).resolve().parent\n',
    `# The plan's model ${pythonText(plan.model)}${operations.length > 0 ? ', and then:' : ' as it is.'}`,
    ...operations,
    `MODEL = HERE / ${pythonText(modelFile)}`,
    '# Of one sample of each input.',
    `SHAPES = {${model.root.network.inputs.map(({ name, shape }) => `${pythonText(name)}: ${python(shape.slice(1))}`).join(', ')}}\n`,
  ];
}

function mainText(options: ScriptOptions, plan: Plan): string {
  const { data, phases } = plan;
  const monitor = data.validation ? 'val_loss' : 'loss';
  const { order } = seedsOf(plan);
  return `
def main():
${argumentsText}
    # Of dropout, noise and augmentation.
    keras.utils.set_random_seed(${order >>> 0})
    model = keras.models.load_model(MODEL, compile=False)
    best = KeepBest(out / "best.keras", ${pythonText(monitor)})
    train = ${loadText(options, plan, 'train')}
    validation = ${loadText(options, plan, 'validation')}
${phases.map((phase, index) => phaseText(options, { plan, phase, number: index + 1 })).join('\n')}
    model.save(out / "model.keras")
    test = ${loadText(options, plan, 'test')}
    if test is not None:
        x, y, w = test
        figures = model.evaluate(as_inputs(x), as_outputs(model, y), sample_weight=as_outputs(model, w), return_dict=True, verbose=0)
        print(json.dumps({"test": figures}))


if __name__ == "__main__":
    main()
`;
}

type SetName = 'train' | 'validation' | 'test';

function loadText({ model, place }: ScriptOptions, plan: Plan, name: SetName): string {
  const set: DataSetPlan | undefined = plan.data[name];
  if (!set) return 'None';
  const { inputs, outputs } = model.root.network;
  const files = (reference: DataReference, names: readonly { readonly name: string }[]): string => filesText(reference, names, place);
  const { classes, scale, take, sampleWeights } = set;
  const settings = [
    `inputs=${files(set.inputs, inputs)}`,
    `targets=${files(set.targets, outputs)}`,
    ...(classes ? [`classes={${numbered(classes)}}`] : []),
    ...(scale === undefined ? [] : [`scale=${python(scale)}`]),
    ...(take === undefined ? [] : [`take=(${take}, Stream(${seedsOf(plan).sample}, ${pythonText(`sample/data.${name}`)}))`]),
    ...(sampleWeights === undefined ? [] : [`sample_weights=${files(sampleWeights, outputs)}`]),
    ...(name === 'train' ? [] : [`like=${files(plan.data.train.targets, outputs)}`]),
  ];
  return `load(\n        ${settings.join(',\n        ')},\n    )`;
}

/** A file alone is for the only input (output), as in the plan. */
function filesText(reference: DataReference, names: readonly { readonly name: string }[], place: ScriptOptions['place']): string {
  const entries = typeof reference === 'string' ? [[names[0]?.name ?? '', reference] as const] : Object.entries(reference);
  const placed = entries.map(([name, file]) => {
    const { path, member } = splitReference(file);
    return `${pythonText(name)}: (${pythonText(place(path))},${member === null ? '' : ` ${pythonText(member)}`})`;
  });
  return `{${placed.join(', ')}}`;
}

/** Numbers by label: a number as it is written, or a word. */
function numbered(byLabel: Readonly<Record<string, number>>): string {
  return Object.entries(byLabel).map(([label, value]) => `${Number.isFinite(Number(label)) && String(Number(label)) === label ? label : pythonText(label)}: ${python(value)}`).join(', ');
}

interface NumberedPhase {
  readonly plan: Plan;
  readonly phase: PhasePlan;
  readonly number: number;
}

function phaseText({ model }: ScriptOptions, { plan, phase, number }: NumberedPhase): string {
  const { loss, metrics, weightedMetrics, lossWeights } = plan.compile;
  const { classWeights, shuffle = true, epochs, batchSize } = phase;
  const frozen = [...walkLayers(flagModel(model, phase, model))].filter(({ layer }) => !layer.trainable && layer.className !== 'InputLayer').map(({ path }) => path);
  const settings = [
    `optimizer=${objectText('optimizers', phase.optimizer)}`,
    `loss=${objectsText('losses', loss)}`,
    `metrics=${objectsText('metrics', metrics)}`,
    ...(weightedMetrics === undefined ? [] : [`weighted_metrics=${objectsText('metrics', weightedMetrics)}`]),
    ...(lossWeights === undefined ? [] : [`loss_weights=${python(lossWeights)}`]),
  ];
  const weighed = classWeights ? `(train[0], train[1], weigh(train[1], train[2], {${numbered(classWeights)}}))` : 'train';
  const order = shuffle ? `Stream(${seedsOf(plan).order}, ${pythonText(`order of phase ${number}`)})` : 'None';
  return `
${pythonComment(phase.name ?? `phase ${number}`).replace(/^# {2}/, '    #')}
    freeze(model, ${frozen.length === 0 ? 'set()' : `{${frozen.map(pythonText).join(', ')}}`})
    model.compile(
        ${settings.join(',\n        ')},
    )
    fit(model, ${weighed}, validation, epochs=${epochs}, batch_size=${batchSize}, order=${order}, callback=best)`;
}

type ObjectKind = 'optimizers' | 'losses' | 'metrics';

/** A Keras object, a list of them, or those by output name. */
function objectsText(kind: ObjectKind, given: Json): string {
  if (given === null) return 'None';
  if (Array.isArray(given)) return `[${(given as readonly Json[]).map((item) => objectsText(kind, item)).join(', ')}]`;
  if (!isJsonObject(given) || 'class_name' in given) return objectText(kind, given as KerasObject);
  return `{${Object.entries(given).map(([name, item]) => `${pythonText(name)}: ${objectsText(kind, item)}`).join(', ')}}`;
}

/** Functions and losses stay the words that they are: Keras names metrics after them. */
function objectText(kind: ObjectKind, object: KerasObject): string {
  if (typeof object === 'string') return kind === 'optimizers' ? `keras.optimizers.get(${pythonText(object)})` : pythonText(object);
  const { class_name: name, config } = object;
  if (name === 'function' && typeof config === 'string') return pythonText(config);
  return `keras.${kind}.deserialize(${python({ class_name: name, config: kind === 'optimizers' ? withScheduleModule(config) : config })})`;
}

/** Keras finds a schedule, or the optimizer inside another one, only with the module that it stands in. */
function withScheduleModule(config: JsonObject): JsonObject {
  const { learning_rate: rate, inner_optimizer: inner } = config;
  return {
    ...config,
    ...(isJsonObject(rate) ? { learning_rate: { module: 'keras.optimizers.schedules', registered_name: null, ...rate } } : {}),
    ...(isJsonObject(inner) && isJsonObject(inner['config']) ? { inner_optimizer: { module: 'keras.optimizers', registered_name: null, ...inner, config: withScheduleModule(inner['config']) } } : {}),
  };
}
