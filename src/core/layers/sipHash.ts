const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);
const rotate = (value: bigint, by: bigint): bigint => wrap((value << by) | (value >> (64n - by)));

type State = readonly [bigint, bigint, bigint, bigint];

/** SipHash-2-4 with a key of two 64-bit numbers, as TensorFlow's `to_hash_bucket_strong`. https://www.131002.net/siphash/siphash.pdf */
export function sipHash64(bytes: Uint8Array, [keyA, keyB]: readonly [bigint, bigint]): bigint {
  const [a, b] = [wrap(keyA), wrap(keyB)];
  let state: State = [a ^ 0x736f6d6570736575n, b ^ 0x646f72616e646f6dn, a ^ 0x6c7967656e657261n, b ^ 0x7465646279746573n];
  for (const word of wordsOf(bytes)) state = absorb(state, word);
  const [v0, v1, v2, v3] = rounds([state[0], state[1], state[2] ^ 0xffn, state[3]], 4);
  return v0 ^ v1 ^ v2 ^ v3;
}

/** Eight bytes each; the last is filled with zeros and ends with the length. */
function* wordsOf(bytes: Uint8Array): Generator<bigint> {
  const padded = new Uint8Array(Math.floor(bytes.length / 8) * 8 + 8);
  padded.set(bytes);
  padded[padded.length - 1] = bytes.length & 255;
  const view = new DataView(padded.buffer);
  for (let at = 0; at < padded.length; at += 8) yield view.getBigUint64(at, true);
}

function absorb([v0, v1, v2, v3]: State, word: bigint): State {
  const [w0, w1, w2, w3] = rounds([v0, v1, v2, v3 ^ word], 2);
  return [w0 ^ word, w1, w2, w3];
}

function rounds(state: State, count: number): State {
  return count === 0 ? state : rounds(round(state), count - 1);
}

function round([a, b, c, d]: State): State {
  const a1 = wrap(a + b);
  const b1 = rotate(b, 13n) ^ a1;
  const c1 = wrap(c + d);
  const d1 = rotate(d, 16n) ^ c1;
  const a2 = wrap(rotate(a1, 32n) + d1);
  const c2 = wrap(c1 + b1);
  return [a2, rotate(b1, 17n) ^ c2, rotate(c2, 32n), rotate(d1, 21n) ^ a2];
}
