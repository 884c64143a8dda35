import assert from 'node:assert/strict';
import { readModel, sourceOf } from '../../../support/memorySource';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe('files that are taken for Keras models', () => {
  const cases: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['model.h5', text('version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 12\n'), /pointer of Git LFS/],
    ['model.keras', text('<!DOCTYPE html><html>'), /web page/],
    ['model.tflite', Uint8Array.of(28, 0, 0, 0, ...text('TFL3')), /TensorFlow Lite/],
    ['model.h5.gz', Uint8Array.of(0x1f, 0x8b, 8, 0), /gzip/],
    ['model.pkl', Uint8Array.of(0x80, 4, 0x95, 0), /pickle/],
    ['folder/saved_model.pb', Uint8Array.of(8, 1, 18, 0), /part of a SavedModel/],
    ['frozen_graph.pb', Uint8Array.of(10, 5, 10, 1), /frozen graph/],
    ['net.onnx', Uint8Array.of(8, 7, 18, 7), /ONNX graph/],
    ['whatever', Uint8Array.of(1, 2, 3), /no model of a format that we read/],
  ];
  for (const [name, bytes, message] of cases) {
    it(`${name}: says what it is`, async () => {
      await assert.rejects(async () => readModel(sourceOf(bytes, name)), { code: 'format-unknown', message, where: name });
    });
  }
});
