import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, statfs, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SurgeryError } from '../../core/errors';
import { type InstalledTensorflow, tensorflowFolder } from '../../core/install/tensorflowFolder';
import { buildBinding } from './buildBinding';
import { fetchReleased } from './released';
import { runProgram, stopped } from './runProgram';
import { fetchWheel, wheelOf } from './wheel';

export interface InstallOptions {
  /** Where it shall be; what is there is replaced once the new one is whole. */
  readonly target: string;
  /** A folder that holds libtensorflow: an unpacked release, or the package `tensorflow` of a Python. Without one it is fetched. */
  readonly from?: string;
  /** `binding` of the package tfjs-node and the folder of Node-API's headers. */
  readonly sources: string;
  readonly nodeHeaders: string;
  readonly report: (message: string) => void;
  readonly signal?: AbortSignal;
}

/** What is needed while it is put together. bytes */
const ROOM = 1.3e9;

/**
 * Puts libtensorflow and its binding into `target`: all is made in a folder beside it, loaded once in a process of its own, and
 * moved into place. Throws `engine-unavailable`, `write-failed` or `stopped`; then `target` is as it was.
 */
export async function installTensorflow(options: InstallOptions): Promise<InstalledTensorflow> {
  const { target, report, signal } = options;
  await mkdir(dirname(target), { recursive: true });
  await removeLeftovers(target);
  const work = await mkdtemp(`${target}.part-${process.pid}-`);
  try {
    const folder = join(work, 'whole');
    const source = await assemble(work, folder, options);
    if (signal?.aborted) throw stopped();
    report('Loading it once.');
    const installed = await tryOut(folder, source, signal);
    await replaceFolder(folder, target, join(work, 'old'));
    return installed;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** What an installer that was killed left behind; one that lives is at work. */
async function removeLeftovers(target: string): Promise<void> {
  const prefix = `${basename(target)}.part-`;
  const left = (await readdir(dirname(target))).filter((name) => name.startsWith(prefix) && !lives(Number(name.slice(prefix.length).split('-')[0])));
  await Promise.all(left.map((name) => rm(join(dirname(target), name), { recursive: true, force: true })));
}

function lives(process_: number): boolean {
  try {
    return process_ !== process.pid && process.kill(process_, 0);
  } catch {
    return false;
  }
}

/** Makes the installation and says where it came from: the user's folder, else tfjs-node's own download, else pip. */
async function assemble(work: string, folder: string, options: InstallOptions): Promise<string> {
  const { from, report, signal } = options;
  if (from !== undefined) {
    await fromLibraries(resolve(from), folder, options);
    return resolve(from);
  }
  await expectRoom(dirname(options.target));
  const fetching = { report, ...(signal ? { signal } : {}) };
  try {
    return await fetchReleased({ folder, ...fetching });
  } catch (error) {
    if (!(error instanceof SurgeryError) || error.code === 'stopped') throw error;
    report(`${error.message}.`);
    await rm(folder, { recursive: true, force: true });
  }
  const wheel = wheelOf();
  await fromLibraries(await fetchWheel(wheel, { folder: work, ...fetching }), folder, options);
  return wheel.requirement;
}

async function expectRoom(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= ROOM) return;
  throw new SurgeryError('write-failed', 'There is not enough room for TensorFlow.', {
    expected: `${(ROOM / 1e9).toFixed(1)} GB while it is put together, 0.9 GB afterwards`, received: `${((bavail * bsize) / 1e9).toFixed(1)} GB`, where: folder,
  });
}

/** Takes the libraries of a folder and compiles the binding against them. */
async function fromLibraries(origin: string, folder: string, { from, report, sources, nodeHeaders, signal }: InstallOptions): Promise<void> {
  const libraries = await takeLibraries(origin, folder, from === undefined);
  report('Compiling the binding.');
  await buildBinding({ folder, headers: join(origin, 'include'), sources, nodeHeaders, libraries, ...(signal ? { signal } : {}) });
}

/** Moves fetched libraries into the installation; those of a folder that is the user's are linked. */
async function takeLibraries(origin: string, folder: string, own: boolean): Promise<string[]> {
  const places = [origin, join(origin, 'lib')].filter((place) => existsSync(place));
  const found = (await Promise.all(places.map(async (place) => (await readdir(place)).map((name) => join(place, name))))).flat();
  const pick = (pattern: RegExp): string | undefined => found.filter((path) => pattern.test(basename(path))).sort()[0];
  const main = pick(/^libtensorflow(_cc)?[.\d]*\.(so|dylib)[.\d]*$/);
  const framework = pick(/^libtensorflow_framework[.\d]*\.(so|dylib)[.\d]*$/);
  if (main === undefined || framework === undefined || !existsSync(join(origin, 'include'))) {
    throw new SurgeryError('engine-unavailable', 'The folder does not hold libtensorflow with its headers.', { expected: 'libtensorflow, libtensorflow_framework and include', received: origin, where: origin });
  }
  const target = join(folder, tensorflowFolder.libraries);
  await mkdir(target, { recursive: true });
  const take = own ? rename : process.platform === 'win32' ? copyFile : symlink;
  for (const path of [main, framework]) await take(path, join(target, basename(path)));
  return [basename(main), basename(framework)];
}

const PROBE = 'const m = { exports: {} }; process.dlopen(m, process.argv[1]); process.stdout.write("version=" + m.exports.TF_Version + "\\n");';

/** Loads the installation in another process and writes its stamp. */
async function tryOut(folder: string, source: string, signal: AbortSignal | undefined): Promise<InstalledTensorflow> {
  const path = join(folder, tensorflowFolder.binding);
  const said = await runProgram({ file: process.execPath, args: ['-e', PROBE, path], ...(signal ? { signal } : {}) });
  const version = /version=([\d.]+)/.exec(said)?.[1];
  if (version === undefined) throw new SurgeryError('engine-unavailable', 'The installed library does not say its version.', { received: said });
  const libraries = await readdir(join(folder, tensorflowFolder.libraries));
  const files = [tensorflowFolder.binding, ...libraries.map((name) => `${tensorflowFolder.libraries}/${name}`)];
  const installed: InstalledTensorflow = { version, platform: process.platform, arch: process.arch, source, files };
  await writeFile(join(folder, tensorflowFolder.stamp), JSON.stringify(installed, null, 2));
  return installed;
}

/** Puts the old one back where the new one cannot take its place. */
async function replaceFolder(folder: string, target: string, old: string): Promise<void> {
  const replaced = existsSync(target);
  try {
    if (replaced) await rename(target, old);
    await rename(folder, target);
  } catch (cause) {
    if (replaced && !existsSync(target)) await rename(old, target);
    throw new SurgeryError('write-failed', 'TensorFlow could not be put into its place.', { expected: 'a folder that nothing is using', received: String(cause), where: target, cause });
  }
}
