import { checkOptions, FormatError, formatValue, tensor, ValueError } from "@convgrad/core";
import { bytesOf, checkName } from "./bytes.ts";
import type { LabelledImages } from "./labelledImages.ts";

/** Options of {@link readCifar}. */
export interface ReadCifarOptions {
  /** Whether the file is of CIFAR-10 or of CIFAR-100. */
  readonly classes: 10 | 100;
  /** Which labels of CIFAR-100: of its 100 classes or its 20 groups; default `"fine"`. */
  readonly labels?: "fine" | "coarse";
  /** How messages call the file; default `"the CIFAR file"`. */
  readonly name?: string;
}

/** One kind of label in a record. */
interface LabelByte {
  /** Its place in the record. */
  readonly at: number;
  readonly count: number;
}

/** What a binary file of CIFAR is made of: records of label bytes and one image. */
export interface CifarRecord {
  readonly labels: Readonly<Partial<Record<"fine" | "coarse", LabelByte>>>;
  /** Bytes before the image. */
  readonly head: number;
}

export const CIFAR_RECORDS: Readonly<Record<10 | 100, CifarRecord>> = {
  10: { labels: { fine: { at: 0, count: 10 } }, head: 1 },
  100: { labels: { coarse: { at: 0, count: 20 }, fine: { at: 1, count: 100 } }, head: 2 },
};

/** Sizes of an image: channels, height, width. */
export const CIFAR_SHAPE = [3, 32, 32] as const;
const PIXELS = 3 * 32 * 32;

/**
 * Reads one binary file of CIFAR-10 (`data_batch_1.bin`) or CIFAR-100 (`train.bin`), wherever its bytes come from. The
 * tensors belong to the scope that the call is made in.
 *
 * @returns images uint8 `[N, 3, 32, 32]` (red, green, blue) and labels int32 `[N]`
 * @throws {@link FormatError} for what is no such file: `readCifar: data_batch_1.bin: has 3000 bytes, no multiple of the
 * 3073 of a record of CIFAR-10; …`; {@link ValueError} for a bad option or what holds no bytes.
 * Source: A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009; "the CIFAR-10 dataset", section
 * "binary version".
 *
 * @example
 * const bytes = await (await fetch("test_batch.bin")).arrayBuffer();
 * const { images, labels } = readCifar(bytes, { classes: 10, name: "test_batch.bin" });
 */
export function readCifar(
  bytes: Uint8Array | ArrayBuffer,
  options: ReadCifarOptions,
): LabelledImages {
  checkOptions("readCifar", options, ["classes", "labels", "name"]);
  const { classes, labels = "fine", name = "the CIFAR file" } = options;
  if (classes !== 10 && classes !== 100) {
    throw new ValueError("readCifar", `classes is ${formatValue(classes)}; it must be 10 or 100`);
  }
  checkCifarLabels("readCifar", labels);
  if (!CIFAR_RECORDS[classes].labels[labels]) {
    throw new ValueError("readCifar", "CIFAR-10 has no coarse labels; leave labels out");
  }
  checkName("readCifar", name);
  const file = bytesOf("readCifar", bytes);
  const count = checkCifar("readCifar", file, classes, name);
  const pixels = new Uint8Array(count * PIXELS);
  const classOf = new Int32Array(count);
  copyCifar(file, classes, labels, pixels, classOf);
  return { images: tensor(pixels, { shape: [count, ...CIFAR_SHAPE] }), labels: tensor(classOf) };
}

/** @throws {@link ValueError} unless the labels are fine or coarse. */
export function checkCifarLabels(operation: string, labels: unknown): void {
  if (labels === "fine" || labels === "coarse") return;
  throw new ValueError(
    operation,
    `labels is ${formatValue(labels)}; it must be "fine" or "coarse"`,
    { labels },
  );
}

/**
 * The number of images in a file.
 *
 * @throws {@link FormatError} unless it is whole records with labels that exist, one or more.
 */
export function checkCifar(
  operation: string,
  file: Uint8Array,
  classes: 10 | 100,
  name: string,
): number {
  const { labels, head } = CIFAR_RECORDS[classes];
  const record = head + PIXELS;
  if (file.length === 0 || file.length % record !== 0) {
    throw new FormatError(
      operation,
      `${name}: has ${file.length} bytes, no multiple of the ${record} of a record of CIFAR-${classes}; ` +
        "pass a file of the binary version, whole and unpacked",
      { name, found: file.length, record },
    );
  }
  for (const [kind, { at, count }] of Object.entries(labels)) {
    for (let start = 0; start < file.length; start += record) {
      const label = file[start + at]!;
      if (label < count) continue;
      throw new FormatError(
        operation,
        `${name}: the ${kind} label of image ${start / record} is ${label}; those of CIFAR-${classes} are 0 to ` +
          `${count - 1}; the download may be damaged, or the file of another data set`,
        { name, at: start / record, label },
      );
    }
  }
  return file.length / record;
}

/** Copies as many images and labels of a checked file as there is room for. */
export function copyCifar(
  file: Uint8Array,
  classes: 10 | 100,
  kind: "fine" | "coarse",
  pixels: Uint8Array,
  labels: Int32Array,
): void {
  const { labels: places, head } = CIFAR_RECORDS[classes];
  const { at } = places[kind]!;
  for (let i = 0, start = 0; i < labels.length; i++, start += head + PIXELS) {
    labels[i] = file[start + at]!;
    const image = start + head;
    pixels.set(file.subarray(image, image + PIXELS), i * PIXELS);
  }
}
