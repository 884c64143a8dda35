/**
 * Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): four random 32-bit words that are
 * a function of a 128-bit counter and a 64-bit key. Nothing is carried over, so any place of a stream can be reached at once.
 */
export function philox4x32(counter: Words4, key: readonly [number, number]): Words4 {
  const block = new Uint32Array(4);
  fillBlock(block, counter, key);
  return [block[0], block[1], block[2], block[3]];
}

type Words4 = readonly [number, number, number, number];

/** Philox without a list made on the way: a step of dropout draws a hundred thousand numbers. */
function fillBlock(block: Uint32Array, counter: Words4, key: readonly [number, number]): void {
  let c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
  let k0 = key[0], k1 = key[1];
  for (let round = 0; round < 10; round++) {
    const high0 = upperWord(c0, 0xd251, 0x1f53);
    const high1 = upperWord(c2, 0xcd9e, 0x8d57);
    const low0 = Math.imul(c0, 0xd2511f53);
    const low1 = Math.imul(c2, 0xcd9e8d57);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  block[0] = c0;
  block[1] = c1;
  block[2] = c2;
  block[3] = c3;
}

/** The upper 32 bits of the product of a word and another, which is given by its halves. */
function upperWord(a: number, high: number, low: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  // Each sum stays below 2^32.
  const middle = (Math.imul(aHigh, low) >>> 0) + (Math.imul(aLow, low) >>> 16);
  const cross = (Math.imul(aLow, high) >>> 0) + (middle & 0xffff);
  return (Math.imul(aHigh, high) + (middle >>> 16) + (cross >>> 16)) | 0;
}

const WORD = 2 ** 32;

/**
 * Random numbers that are a function of seed, name and place: streams of other names (`initialization`, `order`, `sample`,
 * `dropout`, …) never share a number, so drawing more from one does not change another. The seed is any integer.
 * `position` counts the 32-bit words drawn so far; a stream made with it goes on where another stopped.
 */
export class RandomStream {
  private readonly key: readonly [number, number];
  private readonly lane: readonly [number, number];
  private readonly block = new Uint32Array(4);
  private blockIndex = -1;

  constructor(seed: number, stream: string, public position = 0) {
    this.key = [seed >>> 0, Math.floor(seed / WORD) >>> 0];
    this.lane = [hashText(stream, 0x811c9dc5), hashText(stream, 0x050c5d1f)];
  }

  /** A number in [0, 1) of 24 random bits, exact in float32. */
  uniform(): number {
    return (this.word() >>> 8) / 0x1000000;
  }

  /** The next `n` numbers that `uniform` would give. */
  uniforms(n: number): Float32Array {
    const numbers = new Float32Array(n);
    let i = 0;
    while (i < n && this.position % 4 !== 0) numbers[i++] = this.uniform();
    for (; i + 4 <= n; i += 4) {
      this.enter(this.position / 4);
      for (let lane = 0; lane < 4; lane++) numbers[i + lane] = (this.block[lane] >>> 8) / 0x1000000;
      this.position += 4;
    }
    while (i < n) numbers[i++] = this.uniform();
    return numbers;
  }

  /** A number of the standard normal distribution (Box and Muller's cosine branch; two words each). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log((this.word() + 0.5) / WORD));
    return radius * Math.cos((2 * Math.PI * this.word()) / WORD);
  }

  /** The next `n` numbers that `normal` would give. */
  normals(n: number): Float32Array {
    return Float32Array.from({ length: n }, () => this.normal());
  }

  /** The numbers 0 to n - 1, every order equally likely (Fisher and Yates). */
  permutation(n: number): Int32Array {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const held = order[i] ?? 0;
      order[i] = order[j] ?? 0;
      order[j] = held;
    }
    return order;
  }

  /** An integer in [0, n), n up to 2^32; words of the incomplete last stretch are thrown away, so that none is likelier. */
  private below(n: number): number {
    const limit = WORD - (WORD % n);
    for (;;) {
      const word = this.word();
      if (word < limit) return word % n;
    }
  }

  private word(): number {
    this.enter(Math.floor(this.position / 4));
    return this.block[this.position++ % 4];
  }

  /** Computes the block of this index unless it is at hand. */
  private enter(index: number): void {
    if (index === this.blockIndex) return;
    fillBlock(this.block, [index >>> 0, Math.floor(index / WORD) >>> 0, this.lane[0], this.lane[1]], this.key);
    this.blockIndex = index;
  }
}

/** FNV-1a over the UTF-16 units, from a given start, with a last mix so that short names spread over all bits. */
function hashText(text: string, start: number): number {
  let hash = start;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
