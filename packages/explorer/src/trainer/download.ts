/** Hands a file to the person at the page. */
export function download(name: string, bytes: Uint8Array<ArrayBuffer>): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes]));
  link.download = name;
  link.click();
  // The download has begun when this task is over.
  setTimeout(() => URL.revokeObjectURL(link.href), 1_000);
}
