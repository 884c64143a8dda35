import { InvalidArgumentError, Option } from 'commander';
import { defaultFeatureBudget, type FeatureBudget } from '../core/run/features';

/** What the options of `run` and `verdict` say of outputs of frozen layers. MB */
export interface FeatureFlags {
  readonly featureMemory: number;
  readonly featureDisk: number;
}

/** bytes */
const MEGABYTE = 2 ** 20;

export function featureMemoryOption(): Option {
  return new Option('--feature-memory <MB>', 'memory that outputs of frozen layers may take; above it they go to the disk').argParser(megabytes).default(defaultFeatureBudget.memory / MEGABYTE);
}

export function featureDiskOption(): Option {
  return new Option('--feature-disk <MB>', 'disk that they may take in all; 0: none').argParser(megabytes).default(defaultFeatureBudget.disk / MEGABYTE);
}

export function featureBudget({ featureMemory, featureDisk }: FeatureFlags): FeatureBudget {
  return { memory: featureMemory * MEGABYTE, disk: featureDisk * MEGABYTE };
}

function megabytes(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('a whole number of megabytes is expected');
  return Number(text);
}
