import { z } from 'zod';
import { fingerprint64 } from './farmFingerprint';
import { sipHash64 } from './sipHash';

const half = z.int('whole numbers that JSON holds exactly');

/** Keras' `salt`: two numbers, or one that stands for both. */
export const saltConfig = z
  .union([z.tuple([half, half]), half.transform((one): [number, number] => [one, one])])
  .nullish()
  .transform((salt) => salt ?? null);

export type Salt = z.output<typeof saltConfig>;

const encoder = new TextEncoder();

/** The bucket of a text: FarmHash, or SipHash where there is a salt. */
export function hashBucket(text: string, buckets: number, salt: Salt): number {
  const bytes = encoder.encode(text);
  const hash = salt ? sipHash64(bytes, [BigInt(salt[0]), BigInt(salt[1])]) : fingerprint64(bytes);
  return Number(hash % BigInt(buckets));
}
