/**
 * FarmHash's Fingerprint64, by which TensorFlow sorts texts into buckets (`to_hash_bucket_fast`). After farmhashna in
 * https://github.com/google/farmhash/blob/master/src/farmhash.cc.
 */
export function fingerprint64(bytes: Uint8Array): bigint {
  const { length } = bytes;
  const text = new DataView(bytes.buffer, bytes.byteOffset, length);
  if (length <= 16) return upTo16(text, length);
  if (length <= 32) return upTo32(text, length);
  return length <= 64 ? upTo64(text, length) : longer(text, length);
}

const k0 = 0xc3a5c85c97cb3127n;
const k1 = 0xb492b66fbe98f273n;
const k2 = 0x9ae16a3b2f90404fn;

/** 64 bits, as C wraps them. */
const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);
const rotate = (value: bigint, by: bigint): bigint => wrap((value >> by) | (value << (64n - by)));
const shiftMix = (value: bigint): bigint => value ^ (value >> 47n);
const fetch64 = (text: DataView, at: number): bigint => text.getBigUint64(at, true);
const fetch32 = (text: DataView, at: number): bigint => BigInt(text.getUint32(at, true));

function hash16(u: bigint, v: bigint, mul: bigint): bigint {
  const a = shiftMix(wrap((u ^ v) * mul));
  return wrap(shiftMix(wrap((v ^ a) * mul)) * mul);
}

function upTo16(text: DataView, length: number): bigint {
  const size = BigInt(length);
  if (length >= 8) {
    const mul = wrap(k2 + size * 2n);
    const a = wrap(fetch64(text, 0) + k2);
    const b = fetch64(text, length - 8);
    const c = wrap(rotate(b, 37n) * mul + a);
    const d = wrap((rotate(a, 25n) + b) * mul);
    return hash16(c, d, mul);
  }
  if (length >= 4) return hash16(size + (fetch32(text, 0) << 3n), fetch32(text, length - 4), wrap(k2 + size * 2n));
  if (length === 0) return k2;
  const [a, b, c] = [0, length >> 1, length - 1].map((at) => text.getUint8(at));
  const [y, z] = [BigInt(a + (b << 8)), BigInt(length + (c << 2))];
  return wrap(shiftMix(wrap(y * k2) ^ wrap(z * k0)) * k2);
}

function upTo32(text: DataView, length: number): bigint {
  const mul = wrap(k2 + BigInt(length) * 2n);
  const a = wrap(fetch64(text, 0) * k1);
  const b = fetch64(text, 8);
  const c = wrap(fetch64(text, length - 8) * mul);
  const d = wrap(fetch64(text, length - 16) * k2);
  return hash16(wrap(rotate(wrap(a + b), 43n) + rotate(c, 30n) + d), wrap(a + rotate(wrap(b + k2), 18n) + c), mul);
}

function upTo64(text: DataView, length: number): bigint {
  const mul = wrap(k2 + BigInt(length) * 2n);
  const a = wrap(fetch64(text, 0) * k2);
  const b = fetch64(text, 8);
  const c = wrap(fetch64(text, length - 8) * mul);
  const d = wrap(fetch64(text, length - 16) * k2);
  const y = wrap(rotate(wrap(a + b), 43n) + rotate(c, 30n) + d);
  const z = hash16(y, wrap(a + rotate(wrap(b + k2), 18n) + c), mul);
  const e = wrap(fetch64(text, 16) * mul);
  const f = fetch64(text, 24);
  const g = wrap((y + fetch64(text, length - 32)) * mul);
  const h = wrap((z + fetch64(text, length - 24)) * mul);
  return hash16(wrap(rotate(wrap(e + f), 43n) + rotate(g, 30n) + h), wrap(e + rotate(wrap(f + a), 18n) + g), mul);
}

type Pair = readonly [bigint, bigint];

/** 32 bytes and two seeds as 16 bytes. */
function weak32(text: DataView, at: number, [seedA, seedB]: Pair): Pair {
  const [w, x, y, z] = [0, 8, 16, 24].map((step) => fetch64(text, at + step));
  const a = wrap(seedA + w);
  const b = rotate(wrap(seedB + a + z), 21n);
  const sum = wrap(a + x + y);
  return [wrap(sum + z), wrap(b + rotate(sum, 44n) + a)];
}

interface Mixing {
  readonly x: bigint;
  readonly y: bigint;
  readonly z: bigint;
  readonly v: Pair;
  readonly w: Pair;
}

function longer(text: DataView, length: number): bigint {
  const seed = 81n;
  const y = wrap(seed * k1 + 113n);
  let state: Mixing = { x: wrap(seed * k2 + fetch64(text, 0)), y, z: wrap(shiftMix(wrap(y * k2 + 113n)) * k2), v: [0n, 0n], w: [0n, 0n] };
  const end = Math.floor((length - 1) / 64) * 64;
  for (let at = 0; at < end; at += 64) state = mix64(text, at, state);
  return lastBlock(text, length, state);
}

function mix64(text: DataView, at: number, { x: x0, y: y0, z: z0, v: v0, w: w0 }: Mixing): Mixing {
  const x = wrap(rotate(wrap(x0 + y0 + v0[0] + fetch64(text, at + 8)), 37n) * k1) ^ w0[1];
  const y = wrap(rotate(wrap(y0 + v0[1] + fetch64(text, at + 48)), 42n) * k1 + v0[0] + fetch64(text, at + 40));
  const z = wrap(rotate(wrap(z0 + w0[0]), 33n) * k1);
  const v = weak32(text, at, [wrap(v0[1] * k1), wrap(x + w0[0])]);
  const w = weak32(text, at + 32, [wrap(z + w0[1]), wrap(y + fetch64(text, at + 16))]);
  return { x: z, y, z: x, v, w };
}

function lastBlock(text: DataView, length: number, { x: x0, y: y0, z: z0, v: v0, w: w0 }: Mixing): bigint {
  const mul = wrap(k1 + ((z0 & 0xffn) << 1n));
  const at = length - 64;
  const firstW = wrap(w0[0] + BigInt((length - 1) & 63));
  const firstV = wrap(v0[0] + firstW);
  const lastW = wrap(firstW + firstV);
  const x = wrap(rotate(wrap(x0 + y0 + firstV + fetch64(text, at + 8)), 37n) * mul) ^ wrap(w0[1] * 9n);
  const y = wrap(rotate(wrap(y0 + v0[1] + fetch64(text, at + 48)), 42n) * mul + firstV * 9n + fetch64(text, at + 40));
  const z = wrap(rotate(wrap(z0 + lastW), 33n) * mul);
  const v = weak32(text, at, [wrap(v0[1] * mul), wrap(x + lastW)]);
  const w = weak32(text, at + 32, [wrap(z + w0[1]), wrap(y + fetch64(text, at + 16))]);
  // x and z change places.
  return hash16(wrap(hash16(v[0], w[0], mul) + shiftMix(y) * k0 + x), wrap(hash16(v[1], w[1], mul) + z), mul);
}

/** TensorFlow's FingerprintCat64: one fingerprint of two, in their order. */
export function joinFingerprints(first: bigint, second: bigint): bigint {
  const mul = 0xc6a4a7935bd1e995n;
  const joined = wrap((first ^ mul ^ wrap(shiftMix(wrap(second * mul)) * mul)) * mul);
  return shiftMix(wrap(shiftMix(joined) * mul));
}
