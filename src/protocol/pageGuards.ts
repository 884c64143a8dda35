import * as z from 'zod/mini';
import { SurgeryError } from '../core/errors';
import type { DifferencePageCalls, ModelPageCalls, TrainingPageCalls, VerdictPageCalls, WeightsPageCalls } from './pageCalls';

/** What the extension host checks of each ask of a page before its handler sees it. They throw `usage`, naming the first wrong field. */
export type PageGuards<Calls> = Readonly<Record<keyof Calls, (value: unknown) => void>>;

const nothing = z.null();
const count = z.int().check(z.nonnegative());
const layer = z.string().check(z.maxLength(100_000));
const place = z.object({ layer, weight: z.string().check(z.maxLength(100_000)) });
const slice = {
  axes: z.tuple([count, count]),
  index: z.array(count).check(z.maxLength(64)),
  most: z.int().check(z.positive(), z.maximum(1024)),
};

/** bytes */
const largestPicture = 64 * 1024 * 1024;
const pngStart = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Only pictures are written for a page. */
const png = z.instanceof(Uint8Array).check(z.refine((bytes) => bytes.length <= largestPicture && pngStart.every((byte, at) => bytes[at] === byte), 'it is no picture'));

/** A missing schema does not compile. */
type Schemas<Calls> = Readonly<Record<keyof Calls, z.core.$ZodType>>;

const weights: Schemas<WeightsPageCalls> = {
  layer: nothing,
  figures: z.object({ weight: count, sampled: z.boolean() }),
  slice: z.object({ weight: count, ...slice }),
  filters: z.object({ weight: count, channel: z.nullable(count), from: count }),
  spectrum: z.object({ weight: count, stop: z.boolean() }),
  rows: z.object({ weight: count, row: z.nullable(count) }),
  exportNpy: z.object({ weight: count }),
  savePicture: z.object({ png }),
};

const difference: Schemas<DifferencePageCalls> = { difference: nothing, statistics: place, slice: z.extend(place, slice), savePicture: z.object({ png }) };

const model: Schemas<ModelPageCalls> = {
  state: nothing,
  setTrainable: z.object({ layer, trainable: z.boolean() }),
  weights: z.object({ layer }),
  openWeights: z.object({ layer }),
};

const training: Schemas<TrainingPageCalls> = { since: z.object({ session: z.nullable(z.string()), place: count }), stop: nothing, resume: nothing };

const verdict: Schemas<VerdictPageCalls> = {
  state: z.object({ session: z.int(), place: count }),
  stop: nothing,
  goOn: nothing,
  copy: nothing,
  saveReport: nothing,
};

export const weightsPageGuards = guardsOf<WeightsPageCalls>(weights);
export const differencePageGuards = guardsOf<DifferencePageCalls>(difference);
export const modelPageGuards = guardsOf<ModelPageCalls>(model);
export const trainingPageGuards = guardsOf<TrainingPageCalls>(training);
export const verdictPageGuards = guardsOf<VerdictPageCalls>(verdict);

function guardsOf<Calls>(schemas: Schemas<Calls>): PageGuards<Calls> {
  const entries = Object.entries<z.core.$ZodType>(schemas).map(([name, schema]) => [name, guard(name, schema)]);
  return Object.fromEntries(entries) as PageGuards<Calls>;
}

function guard(name: string, schema: z.core.$ZodType): (value: unknown) => void {
  return (value) => {
    const issue = z.safeParse(schema, value).error?.issues[0];
    if (!issue) return;
    throw new SurgeryError('usage', `The ask ${name} has another shape: ${issue.message}`, { expected: issue.message, where: [name, ...issue.path.map(String)].join('.') });
  };
}
