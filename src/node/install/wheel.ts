import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { SurgeryError } from '../../core/errors';
import { runProgram, stopped } from './runProgram';

/** A package of Python that holds libtensorflow. */
export interface Wheel {
  /** As pip names it. */
  readonly requirement: string;
  /** As pip calls the machine. */
  readonly platform: string;
  /** Of the file, where it was fetched and looked at; the others pip checks against what its index says. */
  readonly sha256?: string;
}

const VERSION = '2.21.0';

/** By platform and architecture; always the file for Python 3.11, whichever Python fetches it: what is taken from it is no Python. */
const wheels: Readonly<Partial<Record<string, Wheel>>> = {
  'linux-x64': {
    requirement: `tensorflow-cpu==${VERSION}`, platform: 'manylinux_2_27_x86_64', sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
  },
  'linux-arm64': { requirement: `tensorflow==${VERSION}`, platform: 'manylinux_2_27_aarch64' },
  'darwin-arm64': { requirement: `tensorflow==${VERSION}`, platform: 'macosx_12_0_arm64' },
};

/** For this machine. Throws `engine-unavailable` where there is none. */
export function wheelOf(machine = `${process.platform}-${process.arch}`): Wheel {
  const wheel = wheels[machine];
  if (wheel) return wheel;
  throw new SurgeryError('engine-unavailable', 'There is no package of TensorFlow with its library for this machine.', {
    expected: `${Object.keys(wheels).join(', ')}, or a folder that holds libtensorflow`, received: machine,
  });
}

interface Fetching {
  /** An empty folder. */
  readonly folder: string;
  readonly report: (message: string) => void;
  readonly signal?: AbortSignal;
}

/** Fetches the wheel with pip, takes the libraries and headers out of it and gives their folder. */
export async function fetchWheel(wheel: Wheel, { folder, report, signal }: Fetching): Promise<string> {
  const downloads = join(folder, 'wheel');
  await mkdir(downloads, { recursive: true });
  const requirements = join(folder, 'requirements.txt');
  await writeFile(requirements, `${wheel.requirement}${wheel.sha256 === undefined ? '' : ` --hash=sha256:${wheel.sha256}`}\n`);
  report(`Fetching ${wheel.requirement} with pip, about 270 MB.`);
  await runProgram({
    file: process.platform === 'win32' ? 'python' : 'python3',
    args: [
      '-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--python-version', '3.11', '--implementation', 'cp', '--platform', wheel.platform,
      '--dest', downloads, '--requirement', requirements, ...(wheel.sha256 === undefined ? [] : ['--require-hashes']),
    ],
    ...(signal ? { signal } : {}),
  });
  const [file] = (await readdir(downloads)).filter((name) => name.endsWith('.whl'));
  report('Taking the library out of the package, 850 MB.');
  const target = join(folder, 'unpacked');
  await unpack(join(downloads, file), target, signal);
  await rm(downloads, { recursive: true });
  return join(target, 'tensorflow');
}

/** The two libraries, and the headers that the binding includes. */
const wanted = /^tensorflow\/(libtensorflow(_cc|_framework)[^/]*|include\/(tensorflow\/(c|core\/platform)|xla\/tsl|tsl)\/.+\.h)$/;

async function unpack(wheel: string, target: string, signal: AbortSignal | undefined): Promise<void> {
  const zip = await promisify<string, yauzl.Options, ZipFile>(yauzl.open)(wheel, { lazyEntries: true, autoClose: false });
  const open = promisify<Entry, Readable>(zip.openReadStream.bind(zip));
  try {
    for await (const entry of entriesOf(zip)) {
      if (signal?.aborted) throw stopped();
      if (!wanted.test(entry.fileName)) continue;
      const path = join(target, entry.fileName);
      await mkdir(dirname(path), { recursive: true });
      await pipeline(await open(entry), createWriteStream(path), signal ? { signal } : {});
    }
  } catch (cause) {
    if (signal?.aborted) throw stopped();
    if (cause instanceof SurgeryError) throw cause;
    throw new SurgeryError('write-failed', 'The package could not be unpacked.', { expected: 'about 1.2 GB of room on the disk', received: String(cause), where: basename(wheel), cause });
  } finally {
    zip.close();
  }
}

/** One after the other, as they are asked for. */
async function* entriesOf(zip: ZipFile): AsyncGenerator<Entry> {
  for (;;) {
    const entry = await new Promise<Entry | undefined>((done, fail) => {
      const clear = (): unknown => zip.removeAllListeners('entry').removeAllListeners('end').removeAllListeners('error');
      zip.once('entry', (found: Entry) => { clear(); done(found); });
      zip.once('end', () => { clear(); done(undefined); });
      zip.once('error', (error: unknown) => { clear(); fail(error instanceof Error ? error : new Error(String(error))); });
      zip.readEntry();
    });
    if (!entry) return;
    yield entry;
  }
}
