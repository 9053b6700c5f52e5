import { AGAIN, quoted, type RefuseFile } from "./decode.ts";
import { LARGEST_FILE } from "./files.ts";
import { MOST_ENTRIES } from "./tensorsByName.ts";

/** A file in an archive, by the words of the archive's directory. */
export interface ZipEntry {
  readonly name: string;
  /** Its bytes in the archive, deflated or not. */
  readonly packed: Uint8Array;
  readonly isDeflated: boolean;
  /** Its length, once inflated. */
  readonly size: number;
  readonly crc: number;
}

const END = 0x06054b50;
const END_LENGTH = 22;
const CENTRAL = 0x02014b50;
const CENTRAL_LENGTH = 46;
const LOCAL = 0x04034b50;
const LOCAL_LENGTH = 30;
/** So many bytes come of one deflated byte at most. */
const LARGEST_RATIO = 1032;
/** Deflated bytes per turn. */
const PIECE = 2 ** 12;

interface Place {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The files in a zip archive, as its directory lists them. All numbers have been checked: every file lies within the
 * archive, no two overlap, none is twice there or larger than it could be. Source: PKWARE, APPNOTE 6.3.
 */
export function zipEntries(archive: Uint8Array, refuse: RefuseFile): ZipEntry[] {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const end = findEnd(view, refuse);
  const count = view.getUint16(end + 10, true);
  const start = view.getUint32(end + 16, true);
  if (view.getUint16(end + 8, true) !== count || start + view.getUint32(end + 12, true) !== end) {
    refuse(`its directory is not where its end says, or larger than 4 GiB; ${AGAIN}`);
  }
  if (count > MOST_ENTRIES) refuse(`holds ${count} files or more; ${MOST_ENTRIES} are readable`);
  const entries: ZipEntry[] = [];
  const places: Place[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    const found = readEntry(archive, view, at, end, refuse);
    entries.push(found.entry);
    places.push(found.place);
    at = found.next;
  }
  if (at !== end) refuse(`its directory is longer than its ${count} files; ${AGAIN}`);
  checkPlaces(places, start, refuse);
  checkSizes(entries, refuse);
  return entries;
}

/** Where the last record stands; a comment may follow it. */
function findEnd(view: DataView, refuse: RefuseFile): number {
  const last = view.byteLength - END_LENGTH;
  for (let at = last; at >= Math.max(last - 0xffff, 0); at--) {
    if (view.getUint32(at, true) === END && view.getUint16(at + 20, true) === last - at) return at;
  }
  return refuse(`has no end as a zip archive has; ${AGAIN}`);
}

function readEntry(
  archive: Uint8Array,
  view: DataView,
  at: number,
  end: number,
  refuse: RefuseFile,
): { entry: ZipEntry; place: Place; next: number } {
  if (at + CENTRAL_LENGTH > end || view.getUint32(at, true) !== CENTRAL) {
    refuse(`its directory is damaged; ${AGAIN}`);
  }
  const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) =>
    view.getUint16(at + offset, true),
  ) as [number, number, number];
  const next = at + CENTRAL_LENGTH + nameLength + extraLength + commentLength;
  if (next > end) refuse(`its directory is damaged; ${AGAIN}`);
  const bytes = archive.subarray(at + CENTRAL_LENGTH, at + CENTRAL_LENGTH + nameLength);
  const name = decodeName(bytes, refuse);
  const method = view.getUint16(at + 10, true);
  if ((view.getUint16(at + 8, true) & 1) === 1 || (method !== 0 && method !== 8)) {
    refuse(`${quoted(name)} is encrypted or packed by method ${method}; deflate it`);
  }
  const crc = view.getUint32(at + 16, true);
  const packedSize = view.getUint32(at + 20, true);
  const size = view.getUint32(at + 24, true);
  const start = view.getUint32(at + 42, true);
  const data = dataStart(archive, view, start, bytes, refuse);
  const packed = archive.subarray(data, data + packedSize);
  const place = { name, start, end: data + packedSize };
  return { entry: { name, packed, isDeflated: method === 8, size, crc }, place, next };
}

function decodeName(bytes: Uint8Array, refuse: RefuseFile): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse(`a name in it is not in UTF-8; ${AGAIN}`);
  }
}

/** Where the bytes of a file begin: behind a record with the same name. */
function dataStart(
  archive: Uint8Array,
  view: DataView,
  at: number,
  name: Uint8Array,
  refuse: RefuseFile,
): number {
  const isThere = at + LOCAL_LENGTH + name.length <= archive.length;
  if (isThere && view.getUint32(at, true) === LOCAL) {
    const length = view.getUint16(at + 26, true);
    const start = at + LOCAL_LENGTH;
    if (length === name.length && name.every((byte, i) => archive[start + i] === byte)) {
      return start + length + view.getUint16(at + 28, true);
    }
  }
  return refuse(`lacks a file that its directory lists at ${at}; ${AGAIN}`);
}

function checkPlaces(places: readonly Place[], most: number, refuse: RefuseFile): void {
  const names = new Set<string>();
  let at = 0;
  for (const { name, start, end } of places.toSorted((a, b) => a.start - b.start)) {
    if (start < at || end > most) {
      refuse(`${quoted(name)} overlaps another file, or the directory; ${AGAIN}`, { name });
    }
    if (names.has(name)) refuse(`holds ${quoted(name)} twice; ${AGAIN}`, { name });
    names.add(name);
    at = end;
  }
}

function checkSizes(entries: readonly ZipEntry[], refuse: RefuseFile): void {
  let total = 0;
  for (const { name, packed, isDeflated, size } of entries) {
    const possible = isDeflated ? size <= packed.length * LARGEST_RATIO : size === packed.length;
    if (!possible) {
      refuse(`${quoted(name)} cannot be ${size} bytes of ${packed.length}; ${AGAIN}`, {
        name,
        size,
      });
    }
    total += size;
  }
  if (total > LARGEST_FILE) {
    refuse(`holds ${total} bytes, more than ${LARGEST_FILE}; split it`, { total });
  }
}

/** A function that gives the contents of files, inflated no further than they are long by the directory, checked by CRC. */
export async function unpacker(refuse: RefuseFile): Promise<(entry: ZipEntry) => Uint8Array> {
  const { Inflate } = await import("fflate");
  return ({ name, packed, isDeflated, size, crc }) => {
    const file = isDeflated ? new Uint8Array(size) : packed;
    let length = isDeflated ? 0 : size;
    if (isDeflated) {
      let ended = false;
      const inflate = new Inflate((piece, final) => {
        if (length + piece.length <= size) file.set(piece, length);
        length += piece.length;
        ended = final;
      });
      try {
        for (let at = 0; at < packed.length && length <= size; at += PIECE) {
          inflate.push(packed.subarray(at, at + PIECE), at + PIECE >= packed.length);
        }
      } catch {
        ended = false;
      }
      if (!ended) length = -1;
    }
    if (length !== size || crc32(file) !== crc) {
      refuse(`the contents of ${quoted(name)} are not those that were packed; ${AGAIN}`, {
        name,
      });
    }
    return file;
  };
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
