/** A checksum that can be taken of parts: `previous` is that of what came before. */
type Checksum = (bytes: Uint8Array, previous?: number) => number;

/** CRC-32 as zip and gzip write it. */
export const crc32 = checksum(0xedb88320);

/** CRC-32C (Castagnoli), as TensorFlow's checkpoints and tables have it. */
export const crc32c = checksum(0x82f63b78);

/** By eight tables, eight bytes at a time: a large file is checked at the speed at which it is read. */
function checksum(polynomial: number): Checksum {
  const tables = tablesOf(polynomial);
  return (bytes, previous = 0) => {
    let crc = ~previous;
    const whole = bytes.length - (bytes.length % 8);
    for (let at = 0; at < whole; at += 8) {
      const low = crc ^ (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24));
      crc = tables[1792 + (low & 255)] ^ tables[1536 + ((low >>> 8) & 255)] ^ tables[1280 + ((low >>> 16) & 255)] ^ tables[1024 + (low >>> 24)]
        ^ tables[768 + bytes[at + 4]] ^ tables[512 + bytes[at + 5]] ^ tables[256 + bytes[at + 6]] ^ tables[bytes[at + 7]];
    }
    for (let at = whole; at < bytes.length; at++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[at]) & 255];
    return ~crc >>> 0;
  };
}

/** Table k, at 256 k, continues table k - 1 by a byte of zero. */
function tablesOf(polynomial: number): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    tables[byte] = crc;
  }
  for (let at = 256; at < tables.length; at++) tables[at] = (tables[at - 256] >>> 8) ^ tables[tables[at - 256] & 255];
  return tables;
}
