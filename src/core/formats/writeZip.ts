import { SurgeryError } from '../errors';
import { crc32 } from './crc';
import { type FileParts, joinedParts, wholeFile } from './fileParts';
import { ByteWriter } from './hdf5Messages';

/** 1 January 1980: equal members give equal bytes. */
const date = 0x21;
/** The last size that fits into four bytes; beyond it readers would need the wide form. */
const largest = 2 ** 32 - 2;

/** A zip of stored members with a fixed date. */
export function writeZip(members: Readonly<Record<string, Uint8Array | string>>): Uint8Array {
  return joinedParts(zipParts(Object.fromEntries(Object.entries(members).map(([name, content]) => [name, wholeFile(content)]))));
}

interface Member {
  readonly name: Uint8Array;
  /** Bit 11: the name is UTF-8. */
  readonly flags: number;
  readonly parts: FileParts;
  readonly offset: number;
}

/** The same, in pieces. A member is made twice: its checksum stands before it. Throws `format-limit` where it is too large for a zip. */
export function zipParts(members: Readonly<Record<string, FileParts>>): FileParts {
  const placed = placeMembers(members);
  const directory = placed.reduce((end, { name, parts }) => end + 30 + name.length + parts.size, 0);
  const directorySize = placed.reduce((sum, { name }) => sum + 46 + name.length, 0);
  if (directory + directorySize > largest) {
    throw new SurgeryError('format-limit', 'The model is too large for a .keras archive.', { expected: `at most ${largest} bytes`, received: `${directory + directorySize} bytes` });
  }
  const sums = new Map<Member, number>();
  const sumOf = (member: Member): number => {
    const sum = sums.get(member) ?? checksum(member.parts);
    sums.set(member, sum);
    return sum;
  };
  return {
    size: directory + directorySize + 22,
    *chunks() {
      for (const member of placed) {
        yield localHeader(member, sumOf(member));
        yield* member.parts.chunks();
      }
      for (const member of placed) yield directoryEntry(member, sumOf(member));
      yield endRecord(placed.length, directory, directorySize);
    },
  };
}

function placeMembers(members: Readonly<Record<string, FileParts>>): Member[] {
  let offset = 0;
  return Object.entries(members).map(([text, parts]) => {
    const name = new TextEncoder().encode(text);
    const member = { name, flags: name.length === text.length ? 0 : 0x800, parts, offset };
    offset += 30 + name.length + parts.size;
    return member;
  });
}

function checksum(parts: FileParts): number {
  let sum = 0;
  for (const chunk of parts.chunks()) sum = crc32(chunk, sum);
  return sum;
}

/** What a member's own header and the directory both say of it. */
function described({ name, flags, parts }: Member, sum: number): Uint8Array {
  return new ByteWriter().u16(20, flags, 0, 0, date).u32(sum, parts.size, parts.size).u16(name.length, 0).done();
}

function localHeader(member: Member, sum: number): Uint8Array {
  return new ByteWriter().u32(0x04034b50).raw(described(member, sum)).raw(member.name).done();
}

function directoryEntry(member: Member, sum: number): Uint8Array {
  // version 2.0, made on Unix
  return new ByteWriter().u32(0x02014b50).u16(0x0314).raw(described(member, sum)).u16(0, 0, 0).u32(0, member.offset).raw(member.name).done();
}

function endRecord(count: number, offset: number, size: number): Uint8Array {
  return new ByteWriter().u32(0x06054b50).u16(0, 0, count, count).u32(size, offset).u16(0).done();
}
