/**
 * How an installed TensorFlow lies in its folder: the installer writes it, the engine reads it. The binding finds the libraries by
 * a path relative to itself, so that the folder can be moved into its place when it is whole.
 */
export const tensorflowFolder = {
  /** Names the folder; the extension sets it for its workers. */
  variable: 'MODEL_SURGERY_TENSORFLOW',
  binding: 'lib/napi-v8/tfjs_binding.node',
  libraries: 'deps/lib',
  /** Written last; its absence says that the folder is not whole. */
  stamp: 'installed.json',
} as const;

/** What the stamp says. */
export interface InstalledTensorflow {
  /** Of libtensorflow. */
  readonly version: string;
  readonly platform: string;
  readonly arch: string;
  /** Where it came from, in words. */
  readonly source: string;
  /** Files that must be there: a library that is only linked may go away. */
  readonly files: readonly string[];
}

/** Throws where the text is not a stamp. */
export function parseInstalled(text: string): InstalledTensorflow {
  const found = JSON.parse(text) as Partial<Record<keyof InstalledTensorflow, unknown>>;
  const { version, platform, arch, source, files } = found;
  const words = [version, platform, arch, source].every((word) => typeof word === 'string');
  if (!words || !Array.isArray(files) || !files.every((file) => typeof file === 'string')) throw new Error('its stamp cannot be read');
  return found as InstalledTensorflow;
}
