import assert from 'node:assert/strict';
import { maxJsonDepth, parsePythonJson, withKeys, withoutKeys, writePythonJson } from '../../../../src/core/formats/pythonJson';
import type { JsonObject } from '../../../../src/core/model/json';

const parse = (text: string): JsonObject => parsePythonJson(text, 'test') as JsonObject;

describe('JSON as Python writes it', () => {
  it('goes through unchanged, numbers in their own spelling', () => {
    const text = '{"a": 1.0, "b": [1e-07, NaN, -Infinity, Infinity, -0.0], "c": {"\\u00e9\\ud83d\\ude00": "\\n\\"/"}, "d": null, "e": [true, false, []], "f": {}}';
    assert.equal(writePythonJson(parse(text)), text);
  });

  it('reads what JavaScript would not', () => {
    const { b } = parse('{"b": [NaN, Infinity, -Infinity]}');
    assert.deepEqual(b, [NaN, Infinity, -Infinity]);
  });

  it('keeps spellings of keys that are not changed, and drops those that are', () => {
    const from = parse('{"rate": 1.0, "other": 2.0, "nested": {"x": 3.0}}');
    assert.equal(writePythonJson(withKeys(from, { rate: 0.5 })), '{"rate": 0.5, "other": 2.0, "nested": {"x": 3.0}}');
    assert.equal(writePythonJson(withoutKeys(from, ['rate'])), '{"other": 2.0, "nested": {"x": 3.0}}');
    assert.equal(writePythonJson(from), '{"rate": 1.0, "other": 2.0, "nested": {"x": 3.0}}');
  });

  it('takes __proto__ for a key like any other', () => {
    const object = parse('{"__proto__": {"polluted": true}, "constructor": 1}');
    assert.deepEqual(Object.keys(object), ['__proto__', 'constructor']);
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    assert.equal(writePythonJson(withKeys(object, { x: 1 })), '{"__proto__": {"polluted": true}, "constructor": 1, "x": 1}');
  });

  it('ends at its limits', () => {
    parse(`{"a": ${'['.repeat(maxJsonDepth - 1)}${']'.repeat(maxJsonDepth - 1)}}`);
    assert.throws(() => parse('['.repeat(maxJsonDepth + 2)), { code: 'format-limit' });
  });

  for (const text of ['', '{', '{"a"}', '{"a": 01}', '[1,]', '{"a": 1} x', '"\u0001"', '{a: 1}', "{'a': 1}", '[1 2]', 'nul', '"\\x"']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parse(text), { code: 'format-broken', where: 'test' });
    });
  }

  it('reads strings of megabytes, whatever they hold', () => {
    const long = 'a'.repeat(8_000_000);
    assert.equal(parsePythonJson(`"${long}"`, 'x'), long);
    const escaped = '\\u0041\\"'.repeat(500_000);
    assert.equal(parsePythonJson(`["${escaped}"]`, 'x')?.[0 as never], 'A"'.repeat(500_000));
    assert.equal(parsePythonJson(`"${'\\\\'.repeat(1_000_000)}"`, 'x'), '\\'.repeat(1_000_000));
  });

  it('is limited in length, in values and in lists', () => {
    const many = (item: string, count: number): string => `[${Array.from({ length: count }, () => item).join(',')}]`;
    assert.throws(() => parsePythonJson(`"${'x'.repeat(33 * 1024 * 1024)}"`, 'long'), { code: 'format-limit' });
    assert.throws(() => parsePythonJson(many('{}', 300_100), 'objects'), { code: 'format-limit' });
    assert.throws(() => parsePythonJson(many('1', 2_000_100), 'numbers'), { code: 'format-limit' });
    assert.ok(parsePythonJson(many('"word"', 400_000), 'vocabulary'));
  }).timeout(60_000);
});
