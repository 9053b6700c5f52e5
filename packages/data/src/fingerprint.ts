import type { Tensor } from "@convgrad/core";

/** The SHA-256 of bytes, or of a text as UTF-8, in hexadecimal digits. */
export async function sha256(contents: ArrayBufferView | string): Promise<string> {
  const bytes = typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
  const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The fingerprint of tensors by name: of their names, types, shapes and values, in whatever order they stand. */
export async function fingerprintOfTensors(
  columns: Readonly<Record<string, Tensor>>,
): Promise<string> {
  const parts: unknown[] = [];
  for (const name of Object.keys(columns).sort()) {
    const { dtype, shape } = columns[name]!;
    parts.push([name, dtype, shape, await sha256(await columns[name]!.read())]);
  }
  return sha256(JSON.stringify({ tensors: parts }));
}
