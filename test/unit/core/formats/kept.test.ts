import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { openZip, readZip } from '../../../../src/core/formats/zip';
import { writeZip } from '../../../../src/core/formats/writeZip';
import { writeKeras } from '../../../../src/core/formats/writeKeras';
import type { Model } from '../../../../src/core/model/model';
import { applyOperations } from '../../../../src/core/surgery/operations';
import { readModel, sourceOf } from '../../../support/memorySource';

const golden = new URL('../../../keras/golden/formats/', import.meta.url);
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

/** A model of real Keras with more in its archive than we know of. */
function archive(name: string, extra: Readonly<Record<string, string>>, config: (text: string) => string = (text) => text): Uint8Array {
  const members = readZip(readFileSync(new URL(name, golden)), () => true);
  const known = Object.fromEntries([...members].map(([member, bytes]) => [member, member === 'config.json' ? bytesOf(config(textOf(bytes))) : bytes]));
  return writeZip({ ...known, ...extra });
}

async function rewritten(bytes: Uint8Array, change: (model: Model) => Promise<Model> = (model) => Promise.resolve(model)): Promise<Map<string, Uint8Array>> {
  return readZip(await writeKeras(await change(await readModel(sourceOf(bytes, 'given.keras')))), () => true);
}

describe('what a .keras file holds beside the model', () => {
  it('survives: assets, members of others, unknown keys of the config and of the metadata', async () => {
    const extra = {
      'metadata.json': '{"keras_version": "3.15.1", "date_saved": "2031-02-03@04:05:06", "by": {"rate": 1e-07}}',
      'assets/layers/dense/vocabulary.txt': 'one\ntwo\r\nthree',
      'assets/layers/dense/deep/er.bin': '\u0000\u0001',
      'assets/of_nobody.txt': 'x',
      'notes/größe.md': '# kept',
    };
    const given = archive('sequential_mlp.keras3.keras', extra, (text) => text.replace('"class_name": "Dense", "config": {', '"class_name": "Dense", "config": {"of_tomorrow": [1e-07, NaN], ').replace('"registered_name": null, "build_config"', '"registered_name": null, "later": {"x": 1.0}, "build_config"'));
    const found = await rewritten(given);
    for (const [name, text] of Object.entries(extra)) assert.equal(textOf(found.get(name)), text, name);
    assert.match(textOf(found.get('config.json')), /"later": \{"x": 1\.0\}/);
    assert.match(textOf(found.get('config.json')), /"of_tomorrow": \[1e-07, NaN\]/);
    assert.equal(textOf(found.get('config.json')), textOf(readZip(given, () => true).get('config.json')));
  });

  it('follows its layer where surgery moves that, in nested models too', async () => {
    const extra = { 'assets/layers/sequential/layers/dense/words.txt': 'of inner_a', 'assets/layers/sequential/layers/dense_1/words.txt': 'of inner_b' };
    const given = archive('nested.keras3.keras', extra);
    const kept = await rewritten(given);
    for (const [name, text] of Object.entries(extra)) assert.equal(textOf(kept.get(name)), text, name);

    const dropout = (name: string): string => `{"module": "keras.layers", "class_name": "Dropout", "config": {"name": "${name}", "rate": 0.5}, "registered_name": null}, `;
    const two = archive('sequential_mlp.keras3.keras', { 'assets/layers/dropout_1/words.txt': 'of the second' }, (text) =>
      text.replace('{"module": "keras.layers", "class_name": "Dense"', `${dropout('first')}${dropout('second')}{"module": "keras.layers", "class_name": "Dense"`));
    const cut = await rewritten(two, async (model) => (await applyOperations(model, [{ op: 'removeLayers', layers: ['first'] }], { seed: 0 })).model);
    assert.equal(textOf(cut.get('assets/layers/dropout/words.txt')), 'of the second');
    assert.equal(cut.get('assets/layers/dropout_1/words.txt'), undefined);
  });

  it('is limited', async () => {
    const big = archive('sequential_mlp.keras3.keras', {});
    assert.ok(openZip(sourceOf(big, 'x')).names.includes('config.json'));
    const much = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`m${index}`, '']));
    await assert.rejects(rewritten(archive('sequential_mlp.keras3.keras', much)), { code: 'format-limit' });
  });
});
