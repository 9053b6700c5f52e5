import { readFileSync, writeFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { tensor } from "@convgrad/core";
import {
  decodeNpy,
  decodeNpz,
  decodeSafetensors,
  decodeState,
  encodeNpy,
  encodeNpz,
  encodeSafetensors,
  encodeState,
  modelFromArchitecture,
} from "@convgrad/io";

// How much memory each of these files takes to read or to refuse, beside itself.

const MB = 2 ** 20;
const noise = new Float32Array(4 * MB);
for (let i = 0; i < noise.length; i++) noise[i] = (i * 2654435761) % 1000003;

/** A safetensors file with this header and so many bytes of data. */
function safetensors(header: string, data: number | Uint8Array = 0): Uint8Array {
  const text = Buffer.from(header);
  const file = Buffer.alloc(8 + text.length + (typeof data === "number" ? data : data.length));
  file.writeBigUInt64LE(BigInt(text.length));
  file.set(text, 8);
  if (typeof data !== "number") file.set(data, 8 + text.length);
  return file;
}

/** A npy file of this type and shape, with so many bytes of data. */
function npy(descr: string, shape: string, data: number): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }\n`;
  const file = Buffer.alloc(10 + text.length + data);
  file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length, 0]);
  file.write(text, 10);
  return file;
}

/** An archive of one deflated file, with the length that its directory is to tell. */
function zip(packed: Uint8Array, told: number): Uint8Array {
  const name = Buffer.from("x.npy");
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50);
  local.writeUInt16LE(name.length, 26);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50);
  central.writeUInt16LE(8, 10);
  central.writeUInt32LE(packed.length, 20);
  central.writeUInt32LE(told, 24);
  central.writeUInt16LE(name.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(46 + name.length, 12);
  end.writeUInt32LE(30 + name.length + packed.length, 16);
  return Buffer.concat([local, name, packed, central, name, end]);
}

const entry = (name: string, dtype: string, shape: string, start: number, end: number) =>
  `"${name}":{"dtype":"${dtype}","shape":${shape},"data_offsets":[${start},${end}]}`;
const many = (count: number, make: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => make(i)).join(",");

/** An architecture whose only layer has these fields beside its type. */
const architecture = (fields: string): Uint8Array =>
  Buffer.from(
    `{"format":"convgrad architecture","version":1,"dtype":"float32","model":{"type":"Reshape",${fields}}}`,
  );
const readArchitecture = (bytes: Uint8Array) =>
  modelFromArchitecture(new TextDecoder().decode(bytes));

const CASES: Readonly<
  Record<string, [() => Promise<Uint8Array> | Uint8Array, (bytes: Uint8Array) => unknown]>
> = {
  "good safetensors, float32": [() => encodeSafetensors({ x: tensor(noise) }), decodeSafetensors],
  "good safetensors, float16": [
    () => safetensors(`{${entry("x", "F16", `[${8 * MB}]`, 0, 16 * MB)}}`, 16 * MB),
    decodeSafetensors,
  ],
  "good safetensors, unaligned": [
    () => safetensors(`{${entry("x", "F32", `[${4 * MB}]`, 0, 16 * MB)}} `, 16 * MB),
    decodeSafetensors,
  ],
  "good state": [() => encodeState({ x: tensor(noise), y: [1, 2] }), decodeState],
  "good state of numbers": [
    () => encodeState(Array.from({ length: 2 ** 20 }, (_, i) => i * 1.5)),
    decodeState,
  ],
  "good npy": [() => encodeNpy(tensor(noise)), decodeNpy],
  "good npy, float16": [() => npy("<f2", `(${8 * MB},)`, 16 * MB), decodeNpy],
  "good npz": [() => encodeNpz({ x: tensor(noise) }), decodeNpz],
  "safetensors of empty tensors": [
    () => safetensors(`{${many(250_000, (i) => entry(`t${i}`, "F32", "[0]", 0, 0))}}`),
    decodeSafetensors,
  ],
  "safetensors of empty lists": [
    () => safetensors(`{"a":{"shape":[${"[],".repeat(5_000_000)}]}}`),
    decodeSafetensors,
  ],
  "safetensors of deep lists": [
    () => safetensors(`{"a":${"[".repeat(16 * MB)}`),
    decodeSafetensors,
  ],
  "safetensors of texts": [
    () => safetensors(`{"__metadata__":{${many(1_000_000, (i) => `"${i}":""`)}}}`),
    decodeSafetensors,
  ],
  "safetensors of one long text": [
    () => safetensors(`{"__metadata__":{"a":"${"\\u0041".repeat(2 * MB)}`),
    decodeSafetensors,
  ],
  "safetensors that announce much": [
    () => safetensors(`{${entry("x", "F32", `[${2 ** 40}]`, 0, 2 ** 42)}}`, 100),
    decodeSafetensors,
  ],
  "npy that announces much": [() => npy("<f4", "(1000000000000,)", 100), decodeNpy],
  "npz that announces much": [() => zip(Buffer.alloc(2 * MB), 2 * MB * 1032), decodeNpz],
  "npz that inflates to more than it says": [
    () => zip(deflateRawSync(npy("|u1", `(${128 * MB},)`, 128 * MB)), 100),
    decodeNpz,
  ],
  "an architecture of keys": [
    () => architecture(many(1_200_000, (i) => `"${i}":0`)),
    readArchitecture,
  ],
  "an architecture of objects of keys": [
    () => architecture(`"shape":[${many(15, () => `{${many(32_000, (i) => `"${i}":0`)}}`)}]`),
    readArchitecture,
  ],
  "an architecture of a long list": [
    () => architecture(`"shape":[${"0,".repeat(5_000_000)}0]`),
    readArchitecture,
  ],
  "an architecture of short lists": [
    () => architecture(`"shape":[${"[],".repeat(2_000_000)}0]`),
    readArchitecture,
  ],
};

const status = (key: string): number =>
  1024 *
  Number(new RegExp(`${key}:\\s*(\\d+) kB`).exec(readFileSync("/proc/self/status", "utf8"))![1]);

const peaks: Record<string, unknown> = {};
for (const [what, [make, read]] of Object.entries(CASES)) {
  const bytes = await make();
  globalThis.gc!();
  await new Promise((resolve) => setTimeout(resolve, 50)); // arrays are freed beside
  globalThis.gc!();
  writeFileSync("/proc/self/clear_refs", "5"); // the highest mark begins anew
  const before = status("VmRSS");
  const outcome = await (async () => {
    try {
      await read(bytes);
      return "read";
    } catch (error) {
      return (error as Error).name;
    }
  })();
  peaks[what] = { size: bytes.length, peak: status("VmHWM") - before, outcome };
}
console.log(JSON.stringify(peaks));
