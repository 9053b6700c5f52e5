import type { Writer } from "protobufjs/minimal.js";
import { type FieldKind, MESSAGES } from "./descriptor.ts";

/** A message as plain data: fields by name, lists for repeated ones; what is undefined is left out. */
export interface Message {
  readonly [field: string]: FieldValue | readonly FieldValue[] | undefined;
}
type FieldValue = number | string | Uint8Array | Message;

const SCALARS: readonly string[] = ["bytes", "float", "int32", "int64", "string"];
// How the wire tells apart what follows a field's number.
const VARINT = 0;
const DELIMITED = 2;
const FOUR_BYTES = 5;

/**
 * A message as Protocol Buffers write it.
 *
 * Source: Protocol Buffers, "Encoding".
 */
export async function encodeMessage(name: string, message: Message): Promise<Uint8Array> {
  // Imported here, so that programs that export nothing do not contain it.
  const { default: protobuf } = await import("protobufjs/minimal.js");
  const writer = protobuf.Writer.create();
  writeMessage(writer, name, message);
  return writer.finish();
}

function writeMessage(writer: Writer, name: string, message: Message): void {
  for (const [field, value] of Object.entries(message)) {
    if (value === undefined) continue;
    const [number, kind] = MESSAGES[name]![field]!;
    const values = Array.isArray(value) ? (value as readonly FieldValue[]) : [value as FieldValue];
    for (const each of values) writeField(writer, number, kind, each);
  }
}

function writeField(writer: Writer, number: number, kind: FieldKind, value: FieldValue): void {
  const tag = (wire: number) => writer.uint32((number << 3) | wire);
  if (!SCALARS.includes(kind)) {
    tag(DELIMITED).fork();
    writeMessage(writer, kind, value as Message);
    writer.ldelim();
  } else if (kind === "string") tag(DELIMITED).string(value as string);
  else if (kind === "bytes") tag(DELIMITED).bytes(value as Uint8Array);
  else if (kind === "float") tag(FOUR_BYTES).float(value as number);
  else tag(VARINT).int64(value as number);
}
