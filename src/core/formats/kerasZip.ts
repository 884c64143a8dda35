import { SurgeryError } from '../errors';
import { isJsonObject, type Json } from '../model/json';
import type { KeptParts, Layer, Model, Network, Problem } from '../model/model';
import type { ByteSource } from '../ports';
import { memorySource, rangeOf } from './byteRanges';
import { readCompileConfig } from './compileConfig';
import { withHdf5, type Hdf5File } from './hdf5Door';
import { attachAssets, filesOfNobody } from './kerasAssets';
import { layerFromConfig } from './kerasConfig';
import { containers } from './kerasPaths';
import { attachWeights, containerIn, keptGroups, optimizerVariables } from './kerasWeights';
import { modernConfig } from './legacyConfig';
import { modernCompileConfig } from './legacyTraining';
import { archivedOptimizer } from './legacyOptimizer';
import { parsePythonJson } from './pythonJson';
import { largeWeights, type ReadModel } from './readModel';
import { openZip, type StoredRange, type ZipArchive } from './zip';

const config = 'config.json';
const weights = 'model.weights.h5';
const metadata = 'metadata.json';

/** bytes of a member that is text */
const maxText = 32 * 1024 * 1024;
/** bytes of all members that are kept as they are */
const maxKept = 256 * 1024 * 1024;

/**
 * A `.keras` file of Keras 3, or of Keras 2.12 and later. Throws `not-a-model` where a member is missing, `unsupported` for a model
 * that only its author's code can build, `format-…` and `weight-…` for what is wrong in it. Weights of a large file stay there.
 */
export async function readKerasZip(source: ByteSource): Promise<ReadModel> {
  const where = source.name;
  const archive = openZip(source);
  const about = parsePythonJson(archive.size(metadata) === undefined ? '{}' : textOf(archive, metadata, where), metadata);
  const version = versionOf(about);
  const keras2 = version.startsWith('2.');
  const { root, network, problems } = modelIn(parsePythonJson(textOf(archive, config, where), config), keras2, where);
  const compileConfig = isJsonObject(root.envelope['compile_config']) ? root.envelope['compile_config'] : null;
  const opened = weightsIn(archive, source, where);
  const filled = await withHdf5(opened.source, weights, (file) => readWeightsMember(network, file), opened.unchecked.length > 0);
  const files = keptMembers(archive);
  const whole = attachAssets(filled.network, files, filled.container);
  const compile = readCompileConfig((keras2 ? modernCompileConfig(compileConfig) : compileConfig) ?? undefined);
  const model: Model = {
    root: { ...root, network: whole },
    compile,
    compileConfig: keras2 ? null : compileConfig,
    optimizerVariables: keras2 ? archivedOptimizer(filled.optimizer, compile) : filled.optimizer,
    format: 'keras',
    kerasVersion: version,
    problems,
    kept: { metadata: isJsonObject(about) ? about : {}, members: filesOfNobody(whole, files), groups: filled.groups, optimizerGroups: filled.optimizerGroups },
  };
  return { model, unchecked: opened.unchecked };
}

interface ReadConfig {
  readonly root: Layer;
  readonly network: Network;
  readonly problems: readonly Problem[];
}

function modelIn(written: Json, keras2: boolean, where: string): ReadConfig {
  const { entry, problems } = keras2 ? modernConfig(written, true, config) : { entry: written, problems: [] };
  const root = layerFromConfig(entry, config);
  if (root.network) return { root, network: root.network, problems };
  throw new SurgeryError('unsupported', 'The model is a class that only its own code can build.', {
    expected: 'a Sequential or Functional model', received: root.opaque ?? root.className, where,
  });
}

type FilledNetwork = Pick<KeptParts, 'groups' | 'optimizerGroups'> & {
  readonly network: Network;
  readonly optimizer: Model['optimizerVariables'];
  /** The name of the groups that hold layers. */
  readonly container: string;
};

function readWeightsMember(network: Network, file: Hdf5File): FilledNetwork {
  return {
    network: attachWeights(network, file, ''),
    optimizer: file.has('optimizer') ? optimizerVariables(file) : [],
    groups: keptGroups(file, '', ['vars', 'optimizer', ...Object.values(containers)]),
    optimizerGroups: file.has('optimizer') ? keptGroups(file, 'optimizer', ['vars']) : [],
    container: containerIn(file, '') ?? containers.now,
  };
}

interface OpenedWeights {
  readonly source: ByteSource;
  readonly unchecked: readonly StoredRange[];
}

/** Keras does not pack the weights: a large member is read where it stands. A packed one is inflated, within the limits of the archive. */
function weightsIn(archive: ZipArchive, source: ByteSource, where: string): OpenedWeights {
  requireMember(archive, weights, where);
  const range = archive.storedRange(weights);
  if (!range || range.length <= largeWeights) return { source: memorySource(archive.read(weights), weights), unchecked: [] };
  return { source: rangeOf(source, range.offset, range.length, weights), unchecked: [range] };
}

function keptMembers(archive: ZipArchive): Record<string, Uint8Array> {
  const names = archive.names.filter((name) => ![config, weights, metadata].includes(name) && !name.endsWith('/'));
  const total = names.reduce((sum, name) => sum + (archive.size(name) ?? 0), 0);
  if (total > maxKept) throw new SurgeryError('format-limit', 'The archive holds too much beside the model.', { expected: `at most ${maxKept} bytes`, received: `${total} bytes` });
  return Object.fromEntries(names.map((name) => [name, archive.read(name)]));
}

function versionOf(value: Json): string {
  const version = isJsonObject(value) ? value['keras_version'] : undefined;
  return typeof version === 'string' ? version : 'unknown';
}

function requireMember(archive: ZipArchive, name: string, where: string): void {
  if (archive.size(name) !== undefined) return;
  const there = archive.names.filter((member) => [config, weights, metadata].includes(member));
  throw new SurgeryError('not-a-model', 'The archive is not a saved Keras model.', {
    expected: `members ${config} and ${weights}`, received: there.length === 0 ? 'neither' : `only ${there.join(', ')}`, where,
  });
}

function textOf(archive: ZipArchive, name: string, where: string): string {
  requireMember(archive, name, where);
  const size = archive.size(name) ?? 0;
  if (size > maxText) throw new SurgeryError('format-limit', `${name} is too large.`, { expected: `at most ${maxText} bytes`, received: `${size} bytes`, where });
  const bytes = archive.read(name);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SurgeryError('format-broken', `${name} is not UTF-8 text.`, { where, cause });
  }
}
