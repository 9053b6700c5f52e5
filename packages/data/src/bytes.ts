import { formatValue, ValueError } from "@convgrad/core";

/**
 * The bytes that a reader was given, not copied.
 *
 * @throws {@link ValueError} for what holds none.
 */
export function bytesOf(operation: string, bytes: Uint8Array | ArrayBuffer): Uint8Array {
  if (bytes instanceof Uint8Array) return bytes;
  if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes);
  throw new ValueError(
    operation,
    `the bytes are ${formatValue(bytes)}; pass a Uint8Array or an ArrayBuffer, as readFile or fetch gives`,
  );
}

/** @throws {@link ValueError} unless what messages shall call a file is a text. */
export function checkName(operation: string, name: unknown): void {
  if (typeof name === "string") return;
  throw new ValueError(operation, `name is ${formatValue(name)}; it must be a text`, { name });
}
