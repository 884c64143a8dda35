import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import type { NumberArray } from '../../../../src/core/data/elements';
import type { Wanted } from '../../../../src/core/data/dataArray';
import { keepingDecoder, type StoredImage } from '../../../../src/core/data/images';
import { readArray } from '../../../../src/core/data/readArrays';
import { SurgeryError } from '../../../../src/core/errors';
import { openData } from '../../../../src/node/jobs/dataFiles';
import { projectRoot } from '../../../support/cached';

const golden = join(projectRoot, 'test/keras/golden');
const code = (expected: string, received?: RegExp) => (thrown: unknown): boolean =>
  thrown instanceof SurgeryError && thrown.code === expected && (received === undefined || received.test(`${thrown.message} ${thrown.expected ?? ''} ${thrown.received ?? ''} ${thrown.where ?? ''}`));
const read = async (path: string, member: string | null, wanted: Wanted): Promise<NumberArray> => (await (await openData(path)).open(member, wanted)).read(null);
const inputs: Wanted = { role: 'inputs' };
const targets: Wanted = { role: 'targets' };

describe('data files', () => {
  let folder: string;
  before(async () => { folder = await mkdtemp(join(tmpdir(), 'model-surgery-data-')); });
  after(() => rm(folder, { recursive: true, force: true }));

  async function file(name: string, content: string | Uint8Array): Promise<string> {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  }

  describe('a folder of images', () => {
    /** Keras takes JPEG by the fast transform, we by the exact one. */
    const tolerance = (name: string): number => (name.endsWith('.jpg') ? 6 : 1e-3);

    for (const [mode, sample, without] of [['rgb', [8, 8, 3], []], ['grayscale', [13, 9], ['a.gif']], ['rgba', [4, 30, 4], ['a.gif', 'b.jpg']]] as const) {
      it(`gives what Keras' image_dataset_from_directory gives: ${mode}`, async () => {
        const own = join(folder, mode);
        await cp(join(golden, 'images/folder'), own, { recursive: true });
        for (const name of without) await rm(join(own, 'bee', name));
        const { classes, files } = JSON.parse(readFileSync(join(golden, `images/${mode}.json`), 'utf8')) as { classes: string[]; files: string[] };
        const archive = readFileSync(join(golden, `images/${mode}.npz`));
        const [images, labels] = [await read(own, 'images', { role: 'inputs', sample }), await (await openData(own)).open(null, targets)];
        assert.deepEqual(labels.words, classes);
        assert.deepEqual([...(await labels.read(null)).data], [...readArray(archive, 'x#labels').data]);
        assert.deepEqual(images.shape, [files.length, ...sample]);
        const wanted = readArray(archive, 'x#images').data;
        const size = wanted.length / files.length;
        files.forEach((name, row) => {
          const [ours, theirs] = [images.data, wanted].map((data) => data.subarray(row * size, (row + 1) * size));
          const difference = Math.max(...Array.from(ours, (value, at) => Math.abs(value - theirs[at])));
          assert.ok(difference <= tolerance(name), `${name} differs by ${difference}`);
        });
      });
    }

    it('decodes only the samples that are asked for, in their order', async () => {
      const place = join(golden, 'images/folder');
      const wanted: Wanted = { role: 'inputs', sample: [8, 8, 3] };
      const array = await (await openData(place)).open(null, wanted);
      const [all, some] = [await array.read(null), await array.read(Int32Array.of(2, 0))];
      assert.deepEqual(some.shape, [2, 8, 8, 3]);
      assert.deepEqual([...some.data], [...all.data.subarray(2 * 192, 3 * 192), ...all.data.subarray(0, 192)]);
    });

    it('decodes an image once, a damaged one each time', async () => {
      const asked: string[] = [];
      const decode = keepingDecoder(({ where }, channels) => {
        asked.push(`${where} ${channels}`);
        return where === 'bad' ? Promise.reject(new Error('damaged')) : Promise.resolve({ height: 1, width: 1, data: new Uint8Array(channels) });
      });
      const image = (where: string): StoredImage => ({ where, read: () => Promise.resolve(new Uint8Array(0)) });
      for (const channels of [3, 3, 1, 3] as const) assert.equal((await decode(image('a'), channels)).data.length, channels);
      for (let again = 0; again < 2; again++) await assert.rejects(decode(image('bad'), 3), /damaged/);
      assert.deepEqual(asked, ['a 3', 'a 1', 'bad 3', 'bad 3']);
    });

    it('keeps bytes where no image is resized, and knows channels that come first', async () => {
      await mkdir(join(folder, 'same'));
      await cp(join(golden, 'images/folder/ant/10.png'), join(folder, 'same/a.png'));
      const last = await read(join(folder, 'same'), null, { role: 'inputs', sample: [null, null, 3] });
      const first = await read(join(folder, 'same'), null, { role: 'inputs', sample: [3, 12, 17] });
      assert.deepEqual([last.dtype, last.shape, first.shape], ['uint8', [1, 12, 17, 3], [1, 3, 12, 17]]);
      assert.deepEqual([0, 1, 2].map((channel) => first.data[channel * 204 + 20]), [...last.data.subarray(60, 63)]);
    });

    it('is refused in words', async () => {
      const place = join(golden, 'images/folder');
      await mkdir(join(folder, 'empty/cat'), { recursive: true });
      await mkdir(join(folder, 'bad'));
      await file('bad/a.png', readFileSync(join(place, 'ant/10.png')).subarray(0, 200));
      await mkdir(join(folder, 'svg'));
      await file('svg/a.png', '<svg xmlns="http://www.w3.org/2000/svg"><image href="/etc/passwd"/></svg>');
      await assert.rejects(read(join(folder, 'empty'), null, inputs), code('data-broken', /no images/));
      await assert.rejects(read(join(folder, 'bad'), null, inputs), code('data-broken', /a\.png/));
      await assert.rejects(read(join(folder, 'svg'), null, inputs), code('unsupported', /JPEG, PNG/));
      await assert.rejects(read(join(folder, 'bad'), null, targets), code('data-mismatch', /a folder for each class/));
      await assert.rejects(read(place, 'masks', inputs), code('data-mismatch', /#images or #labels/));
      await assert.rejects(read(place, null, { role: 'inputs', sample: [784] }), code('data-mismatch', /takes no images/));
      await assert.rejects(read(place, null, { role: 'inputs', sample: [null, null, 3] }), code('data-mismatch', /all of a set must have one/));
    });
  });

  describe('a table', () => {
    const csv = 'size,"depth, mm",price,kind\n1,0.5,10,pear\n\n2,1e1,20,apple\n3,-.5,30,"fig ""x"""\n';

    it('gives columns, several side by side, and the rest of a set', async () => {
      const path = await file('a.csv', csv);
      assert.deepEqual(await read(path, 'price', targets), { shape: [3], dtype: 'int32', data: Int32Array.of(10, 20, 30) });
      assert.deepEqual(await read(path, '"depth, mm",size', inputs), { shape: [3, 2], dtype: 'float64', data: Float32Array.of(0.5, 1, 10, 2, -0.5, 3) });
      const rest = await read(path, null, { role: 'inputs', without: ['price', 'kind'] });
      assert.deepEqual(rest, { shape: [3, 2], dtype: 'float64', data: Float32Array.of(1, 0.5, 2, 10, 3, -0.5) });
      assert.deepEqual((await read(path, null, { role: 'inputs', without: ['price', 'kind'], sample: [2, 1] })).shape, [3, 2, 1]);
    });

    it('counts words as labels, in alphabetical order', async () => {
      const array = await (await openData(await file('b.csv', csv))).open('kind', targets);
      assert.deepEqual(array.words, ['apple', 'fig "x"', 'pear']);
      assert.deepEqual([...(await array.read(null)).data], [2, 0, 1]);
    });

    it('feeds texts to a model that takes them', async () => {
      const path = await file('l.csv', 'a,b,n\nx,z,1\ny,x,2\n');
      assert.deepEqual(await read(path, 'a,b', inputs), { shape: [2, 2], dtype: 'int32', data: Int32Array.of(0, 2, 1, 0), words: ['x', 'y', 'z'] });
    });

    it('finds its separator, may be packed, and may have no names', async () => {
      const semicolons = await file('c.csv.gz', gzipSync('\uFEFFa;b\r\n1;2\r\n3;4\r\n'));
      const nameless = await file('d.tsv', '5\t6\n7\t8\n');
      assert.deepEqual([...(await read(semicolons, 'b', targets)).data], [2, 4]);
      assert.deepEqual([...(await read(nameless, '1', targets)).data], [6, 8]);
    });

    it('is refused in words', async () => {
      const rows = await file('e.csv', 'a,b\n1,2\n3\n');
      const gap = await file('f.csv', 'a,b\n1,2\n3,NA\n');
      const twice = await file('g.csv', 'a,a\n1,2\n');
      const latin = await file('h.csv', Uint8Array.of(0x61, 0x0a, 0xe9, 0x0a));
      const words = await file('i.csv', csv);
      await assert.rejects(openData(rows), code('data-broken', /1 in row 2/));
      await assert.rejects(openData(twice), code('data-broken', /one name/));
      await assert.rejects(openData(latin), code('data-broken', /UTF-8/));
      await assert.rejects(openData(await file('j.csv', '')), code('data-broken', /empty/));
      await assert.rejects(read(gap, 'b', targets), code('data-broken', /row 2 of 2.*#b/));
      assert.deepEqual([...(await read(gap, 'a', targets)).data], [1, 3]);
      await assert.rejects(read(words, 'colour', targets), code('data-mismatch', /size, depth, mm, price, kind/));
      await assert.rejects(read(words, 'size,kind', inputs), code('data-mismatch', /words such as apple/));
    });

    it('is described for a plan', async () => {
      const described = await (await openData(await file('k.csv', 'a,"b,c",kind\n1,0.5,x\n2,1,y\n'))).describe();
      assert.deepEqual(described.map(({ member, labels, words }) => [member, labels, words]), [[null, null, undefined], ['a', [1, 2], undefined], ['"b,c"', null, undefined], ['kind', [0, 1], ['x', 'y']]]);
    });
  });

  describe('Parquet', () => {
    for (const packing of ['snappy', 'zstd', 'gzip']) {
      it(`gives numbers, lists, words and images: ${packing}`, async () => {
        const path = join(golden, `tables/${packing}.parquet`);
        const age = await read(path, 'age', targets);
        assert.deepEqual([...age.data], Array.from({ length: 12 }, (_, row) => row * 7 - 5));
        assert.deepEqual([...(await read(path, 'well', targets)).data.subarray(0, 4)], [1, 0, 0, 1]);
        const features = await read(path, 'weight,features', inputs);
        assert.deepEqual([features.shape, [...features.data.subarray(4, 8)]], [[12, 4], [0.5, 1, 1.5, -1]]);
        const kind = await (await openData(path)).open('kind', targets);
        assert.deepEqual([kind.words, [...(await kind.read(Int32Array.of(0, 1, 2))).data]], [['apple', 'fig', 'pear'], [2, 0, 1]]);
        const picture = await read(path, 'picture', { role: 'inputs', sample: [8, 8, 3] });
        const stored = await read(join(golden, 'images/folder'), null, { role: 'inputs', sample: [8, 8, 3] });
        assert.deepEqual(picture.shape, [12, 8, 8, 3]);
        // The second row holds ant/9.png, which is the third of the folder.
        assert.deepEqual([...picture.data.subarray(192, 384)], [...stored.data.subarray(2 * 192, 3 * 192)]);
        await assert.rejects(read(path, 'gap', inputs), code('data-broken', /row 5 of 12/));
      });
    }

    it('that is cut off is refused', async () => {
      const whole = readFileSync(join(golden, 'tables/snappy.parquet'));
      await assert.rejects(openData(await file('cut.parquet', whole.subarray(0, 300))), code('data-broken', /Parquet/));
    });
  });
});
