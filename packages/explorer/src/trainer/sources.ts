import { ValueError } from "@convgrad/core";
import {
  checkSize,
  type ImageSets,
  type NamedBytes,
  readImageSets,
  type SetTitle,
} from "./imageSets.ts";
import type { DataChoice, ServedSet } from "./protocol.ts";

/** The folders of IDX files beside the app and what is in them, as `data.json` lists them. */
export type Manifest = Readonly<Record<string, readonly string[]>>;

const LECUN = "Y. LeCun, C. Cortes, C. Burges, “The MNIST database of handwritten digits”";
const DIGITS = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const TITLES: Readonly<Record<"digits" | ServedSet, SetTitle>> = {
  digits: {
    name: "Digits",
    source: `the first 200 images of each digit of ${LECUN}`,
    classes: DIGITS,
  },
  mnist: { name: "MNIST", source: LECUN, classes: DIGITS },
  "fashion-mnist": {
    name: "Fashion-MNIST",
    source: "H. Xiao, K. Rasul, R. Vollgraf, “Fashion-MNIST”, arXiv:1708.07747",
    classes: [
      ...["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"],
      ...["Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"],
    ],
  },
};

/** The list of what lies beside the app; where there is none, or a page that says so, there is nothing. */
export async function fetchManifest(base: string): Promise<Manifest> {
  const listed: unknown = await fetch(new URL("data.json", base))
    .then((response) => (response.ok ? response.json() : {}))
    .catch(() => ({}));
  const isNames = (value: unknown) =>
    Array.isArray(value) && value.every((name) => typeof name === "string");
  const entries = Object.entries(Object(listed)).filter(([, value]) => isNames(value));
  return Object.fromEntries(entries) as Manifest;
}

/** The sets that the page may offer besides its own digits. */
export function servedSets(manifest: Manifest): ServedSet[] {
  return (["mnist", "fashion-mnist"] as const).filter((set) => Object.hasOwn(manifest, set));
}

/**
 * The images of a choice.
 *
 * @throws {@link ValueError} for a set that is not there; {@link FormatError} for files that are none.
 */
export async function readChoice(
  choice: DataChoice,
  base: string,
  manifest: Manifest,
): Promise<ImageSets> {
  if (choice.from === "files") {
    for (const { name, size } of choice.files) checkSize(name, size);
    const files = await Promise.all(choice.files.map(contents));
    const name = choice.files.length === 1 ? "Your file" : "Your files";
    return readImageSets(files, { name, source: choice.files.map((file) => file.name).join(", ") });
  }
  const folder = choice.from === "shipped" ? "digits" : choice.set;
  const title = TITLES[folder];
  const names = Object.hasOwn(manifest, folder) ? manifest[folder]! : [];
  if (names.length === 0) {
    throw new ValueError(
      "images",
      `${title.name} is not beside this page; choose its files, or start the page with npm run explorer`,
    );
  }
  return readImageSets(await Promise.all(names.map((name) => download(base, folder, name))), title);
}

async function contents(file: File): Promise<NamedBytes> {
  return { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) };
}

async function download(base: string, folder: string, name: string): Promise<NamedBytes> {
  const response = await fetch(new URL(`${folder}/${name}`, base)).catch(() => null);
  if (!response?.ok) {
    const why = response?.status ?? "no answer";
    throw new ValueError(
      "images",
      `${folder}/${name} could not be fetched (${why}); choose the files yourself`,
      { why },
    );
  }
  return { name, bytes: new Uint8Array(await response.arrayBuffer()) };
}
