import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SurgeryError } from '../../../src/core/errors';
import { Channel, type Port } from '../../../src/protocol/channel';
import type { WeightsPageCalls } from '../../../src/protocol/pageCalls';
import { differencePageGuards, modelPageGuards, trainingPageGuards, verdictPageGuards, weightsPageGuards } from '../../../src/protocol/pageGuards';

const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3]);
const slice = { axes: [0, 1], index: [0, 0], most: 512 };
const right: readonly (readonly [Readonly<Record<string, (value: unknown) => void>>, Readonly<Record<string, unknown>>])[] = [
  [weightsPageGuards, {
    layer: null, figures: { weight: 0, sampled: true }, slice: { weight: 1, ...slice }, filters: { weight: 0, channel: null, from: 0 }, spectrum: { weight: 0, stop: false },
    rows: { weight: 0, row: 3 }, exportNpy: { weight: 0 }, savePicture: { png },
  }],
  [differencePageGuards, { difference: null, statistics: { layer: 'a', weight: 'kernel' }, slice: { layer: 'a', weight: 'kernel', ...slice }, savePicture: { png } }],
  [modelPageGuards, { state: null, setTrainable: { layer: 'a', trainable: false }, weights: { layer: '../x' }, openWeights: { layer: 'a/b' } }],
  [trainingPageGuards, { since: { session: null, place: 0 }, stop: null, resume: null }],
  [verdictPageGuards, { state: { session: 1, place: 2 }, stop: null, goOn: null, copy: null, saveReport: null }],
];
const isUsage = (thrown: unknown): boolean => thrown instanceof SurgeryError && thrown.code === 'usage';

describe('what a page asks is checked', () => {
  it('every call has a guard that lets its own shape through and nothing else', () => {
    for (const [guards, asks] of right) {
      assert.deepEqual(Object.keys(guards).sort(), Object.keys(asks).sort());
      for (const [name, ask] of Object.entries(asks)) {
        assert.doesNotThrow(() => guards[name](ask), name);
        for (const wrong of [undefined, 0, 'x', [], { weight: -1 }, { weight: 0.5 }, { layer: 1 }, { png: [1, 2] }]) assert.throws(() => guards[name](wrong), isUsage, name);
      }
    }
  });

  it('only pictures are written for a page', () => {
    for (const bytes of [new Uint8Array(), png.subarray(0, 7), Uint8Array.from(png).fill(0, 0, 1), Buffer.from('#!/bin/sh')]) {
      assert.throws(() => weightsPageGuards.savePicture({ png: bytes }), isUsage);
    }
  });

  it('a slice is bounded, whatever a page says', () => {
    for (const wrong of [{ most: 1e9 }, { most: 0 }, { axes: [0] }, { axes: [0, -1] }, { index: new Array(1000).fill(0) }]) assert.throws(() => weightsPageGuards.slice({ weight: 0, ...slice, ...wrong }), isUsage);
  });

  it('a page that says anything at all reaches no handler, and each of its asks ends', async () => {
    await fc.assert(fc.asyncProperty(fc.constantFrom(...Object.keys(weightsPageGuards)), fc.anything(), async (name, value) => {
      let handled = 0;
      const posted: { kind: string; id?: number; error?: { code: string } }[] = [];
      let say: (message: unknown) => void = () => undefined;
      const port: Port = {
        post: (message) => void posted.push(message as typeof posted[number]), onClose: () => () => undefined,
        onMessage: (listener) => {
          say = listener;
          return () => undefined;
        },
      };
      const handlers = Object.fromEntries(Object.keys(weightsPageGuards).map((each) => [each, () => { handled += 1; }])) as never;
      new Channel<object, object, WeightsPageCalls, object>(port, { handlers, listeners: {}, askGuards: weightsPageGuards });
      say({ kind: 'ask', id: 7, name, value });
      say(value);
      await new Promise((done) => setImmediate(done));
      const passes = ((): boolean => {
        try {
          weightsPageGuards[name as keyof WeightsPageCalls](value);
          return true;
        } catch {
          return false;
        }
      })();
      assert.equal(handled, passes ? 1 : 0);
      assert.ok(posted.some(({ kind, id, error }) => id === 7 && (passes ? kind === 'reply' : kind === 'fail' && error?.code === 'usage')));
    }), { seed: 6, numRuns: 200 });
  });
});
