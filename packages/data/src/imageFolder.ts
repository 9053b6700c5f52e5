import { checkOptions, tensor, ValueError } from "@convgrad/core";
import { checkIndices, type Dataset } from "./dataset.ts";
import {
  decodePlanes,
  IMAGE_OPTIONS,
  type ImageOptions,
  type ImageSettings,
  imageSettings,
  loadSharp,
} from "./decodeImage.ts";
import { readFile } from "./files.ts";
import { sha256 } from "./fingerprint.ts";
import { inParallel } from "./inParallel.ts";
import { checkDirectory, type LabelledImages } from "./labelledImages.ts";
import { type NodeModules, nodeModules } from "./nodeModules.ts";

/** Options of {@link imageFolder}. */
export interface ImageFolderOptions extends ImageOptions {
  /** Height and width that all pictures are brought to, or one number for both. */
  readonly size: number | readonly [height: number, width: number];
}

/** A data set of pictures in folders: see {@link imageFolder}. */
export interface ImageFolder extends Dataset<LabelledImages> {
  /** The names of the folders; `classes[label]`. */
  readonly classes: readonly string[];
  /** The class of each picture. */
  readonly labels: Int32Array;
  /** The files, by their paths in the directory: `"cat/001.png"`. */
  readonly paths: readonly string[];
  fingerprint(): Promise<string>;
}

const NAME = "imageFolder";
const PICTURE = /\.(png|jpe?g|webp)$/i;

/**
 * A directory with a folder for each class and its PNG, JPEG and WebP pictures in there, as a data set that reads and
 * decodes pictures when their batch is asked for, several at a time: it may be larger than the memory. Needs Node and the
 * package `sharp`. A batch is uint8 images `[B, C, H, W]` and int32 labels `[B]`, the number of the folder.
 *
 * Folders and files count in the order of their names (by UTF-16 code units, as `sort()` has it). Symbolic links are
 * followed. What is left out: names that begin with a dot, and files that do not end in .png, .jpg, .jpeg or .webp.
 *
 * @throws {@link ValueError} for a bad option, a directory without folders or without pictures in one of them, and
 * where `sharp` is not installed; its batches throw {@link FormatError} for what is no picture within the limits:
 * `imageFolder: photos/cat/7.png: …`
 * Source: torchvision's `ImageFolder`, which looks into folders of folders as well.
 *
 * @example
 * const photos = await imageFolder("photos", { size: [64, 64] });
 * const { train, validation } = trainValidationSplit(photos, { seed: 1, stratify: true });
 */
export async function imageFolder(
  directory: string,
  options: ImageFolderOptions,
): Promise<ImageFolder> {
  checkOptions(NAME, options, IMAGE_OPTIONS);
  const settings = imageSettings(NAME, options);
  const { size } = settings;
  if (!size) throw new ValueError(NAME, "no size; pass { size: [height, width] } for all pictures");
  checkDirectory(NAME, directory, "a folder for each class, with its pictures in it");
  const node = await nodeModules(NAME, "decodeImage");
  const { classes, paths, labels } = await filesIn(node, directory);
  const sharp = await loadSharp(NAME);
  const read = (path: string) => pictureAt(node, directory, path, settings);
  return {
    length: paths.length,
    classes,
    labels,
    paths,
    async batch(indices) {
      checkIndices(NAME, indices, paths.length);
      const shape = [settings.channels, ...size];
      const length = shape.reduce((product, n) => product * n, 1);
      const images = new Uint8Array(indices.length * length);
      await inParallel(indices.length, async (i) => {
        const { bytes, name } = await read(paths[indices[i]!]!);
        const { planes } = await decodePlanes(NAME, sharp, bytes, settings, name);
        images.set(planes, i * length);
      });
      return {
        images: tensor(images, { shape: [indices.length, ...shape] }),
        labels: tensor(indices.map((index) => labels[index]!)),
      };
    },
    async fingerprint() {
      const hashes: string[] = [];
      await inParallel(paths.length, async (i) => {
        hashes[i] = await sha256((await read(paths[i]!)).bytes);
      });
      const { channels, fit, background } = settings;
      const files = paths.map((path, i) => [path, hashes[i]]);
      return sha256(JSON.stringify({ classes, size, channels, fit, background, files }));
    },
  };
}

async function pictureAt(
  node: NodeModules,
  directory: string,
  path: string,
  { maxBytes }: ImageSettings,
): Promise<{ bytes: Uint8Array; name: string }> {
  const name = node.path.join(directory, path);
  const bytes = await readFile(NAME, node, name, "a picture", maxBytes);
  if (bytes) return { bytes, name };
  throw new ValueError(NAME, `${name} does not exist any more, or is a link to nothing`, {
    path: name,
  });
}

/** All pictures by class, and the classes; files are not opened. */
async function filesIn(
  node: NodeModules,
  directory: string,
): Promise<{ classes: string[]; paths: string[]; labels: Int32Array }> {
  const classes: string[] = [];
  const paths: string[] = [];
  const labels: number[] = [];
  for (const name of await namesIn(node, directory)) {
    const folder = node.path.join(directory, name);
    if (!(await isFolder(node, folder))) continue;
    const pictures = (await namesIn(node, folder)).filter((file) => PICTURE.test(file));
    if (pictures.length === 0) {
      throw new ValueError(
        NAME,
        `${folder} holds no .png, .jpg, .jpeg or .webp; put the pictures of the class right into it, or remove it`,
        { path: folder },
      );
    }
    for (const file of pictures) {
      paths.push(`${name}/${file}`);
      labels.push(classes.length);
    }
    classes.push(name);
  }
  if (classes.length > 0) return { classes, paths, labels: Int32Array.from(labels) };
  throw new ValueError(
    NAME,
    `${directory} holds no folders; make one for each class, with its pictures in it`,
    { path: directory },
  );
}

/** What is in a folder and not hidden, in order. */
async function namesIn({ fs }: NodeModules, folder: string): Promise<string[]> {
  try {
    const names = await fs.readdir(folder);
    return names.filter((name) => !name.startsWith(".")).sort();
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new ValueError(NAME, `cannot read ${folder} (${cause}); pass a directory that exists`, {
      path: folder,
    });
  }
}

async function isFolder({ fs }: NodeModules, path: string): Promise<boolean> {
  const found = await fs.stat(path).catch(() => null);
  return found?.isDirectory() ?? false;
}
