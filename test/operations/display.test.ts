import { arange, ones, scope, type Tensor, tensor, withBackend } from "@convgrad/core";
import { createKernels } from "@convgrad/wasm";
import { describe, expect, it } from "vitest";

type Displayed = { [kind: symbol]: () => Promise<Record<string, string>> };

/** What Deno's notebooks ask for. */
function shown(x: Tensor): Promise<Record<string, string>> {
  return (x as unknown as Displayed)[Symbol.for("Jupyter.display")]!();
}

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly at: (row: number, column: number) => number[];
}

/** The bitmap of the page, as a reader of its format sees it. */
async function pictureOf(x: Tensor): Promise<Picture> {
  const html = (await shown(x))["text/html"]!;
  const [, data] = /src="data:image\/bmp;base64,([A-Za-z0-9+/]+=*)"/.exec(html)!;
  const file = Buffer.from(data!, "base64");
  expect(file.toString("latin1", 0, 2)).toBe("BM");
  expect(file.readUInt32LE(2)).toBe(file.length);
  const start = file.readUInt32LE(10);
  expect([start, file.readUInt32LE(14)]).toEqual([54, 40]);
  const [width, height] = [file.readInt32LE(18), file.readInt32LE(22)];
  expect(height).toBeLessThan(0); // the first row stands first
  expect([file.readUInt16LE(26), file.readUInt16LE(28), file.readUInt32LE(30)]).toEqual([1, 24, 0]);
  const row = Math.ceil((3 * width) / 4) * 4;
  expect(file.length).toBe(start - row * height);
  return {
    width,
    height: -height,
    at: (i, j) => [2, 1, 0].map((color) => file[start + row * i + 3 * j + color]!),
  };
}

const grey = (value: number) => [value, value, value];

describe("a tensor in a notebook", () => {
  it("is text always", async () => {
    for (const x of [tensor(3), arange(100), ones([2, 2, 2, 2, 2]), ones([0, 28, 28])]) {
      expect(await shown(x)).toEqual({ "text/plain": String(x) });
    }
    const lost = scope(() => ({
      get: (
        (x) => () =>
          x
      )(tensor([1, 2])),
    })).get();
    expect(await shown(lost)).toEqual({ "text/plain": "tensor(released, shape [2])" });
  });

  it("is a table where it is small", async () => {
    const { "text/html": html } = await shown(tensor([[1, 2.5], [-3, Number.NaN]])); // biome-ignore format: a matrix
    expect(html).toContain("<tr><td>1.0</td><td>2.5</td><tr><td>-3.0</td><td>NaN</td></table>");
    expect(html).toContain("<small>float32 [2, 2]</small>");
    expect((await shown(tensor([1, 2])))["text/html"]).toContain(
      "<tr><td>1</td><td>2</td></table>",
    );
  });

  it("is a picture of one grey image from its least to its greatest value", async () => {
    const picture = await pictureOf(arange(17 * 19).reshape([17, 19]));
    expect([picture.width, picture.height]).toEqual([19, 17]);
    expect(picture.at(0, 0)).toEqual(grey(0));
    expect(picture.at(16, 18)).toEqual(grey(255));
    expect(picture.at(8, 9)).toEqual(grey(Math.floor((255 * 161) / 322)));
  });

  it("keeps the values of bytes, and the colours of three channels", async () => {
    const bytes = Uint8Array.from({ length: 3 * 2 * 5 }, (_, i) => 8 * i);
    const picture = await pictureOf(tensor(bytes, { shape: [3, 2, 5] }));
    expect([picture.width, picture.height]).toEqual([5, 2]);
    for (const [i, j] of [
      [0, 0],
      [0, 4],
      [1, 3],
    ] as const) {
      expect(picture.at(i, j)).toEqual([0, 1, 2].map((color) => 8 * (color * 10 + i * 5 + j)));
    }
  });

  it("is a grid of a batch, with gaps, at most 64 of it", async () => {
    const values = arange(5).reshape([5, 1, 1, 1]).broadcastTo([5, 1, 3, 4]);
    const picture = await pictureOf(values);
    expect([picture.width, picture.height]).toEqual([3 * 6, 2 * 5]);
    expect(picture.at(0, 0)).toEqual(grey(0));
    expect(picture.at(2, 6)).toEqual(grey(Math.floor(255 / 4)));
    expect(picture.at(5, 6)).toEqual(grey(255)); // the last of five
    expect(picture.at(0, 4)).toEqual(grey(255)); // the gap
    expect(picture.at(9, 17)).toEqual(grey(255)); // no sixth
    const many = await pictureOf(ones([100, 1, 3, 3]));
    expect([many.width, many.height]).toEqual([8 * 5, 8 * 5]);
  });

  it("shows NaN as black and infinities as the ends, whatever the values are", async () => {
    const row = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -5, 5];
    const picture = await pictureOf(tensor(row, { shape: [1, 1, 5] }));
    expect([0, 1, 2, 3, 4].map((j) => picture.at(0, j)[0])).toEqual([0, 255, 0, 0, 255]);
    for (const value of [0, 7, Number.NaN, Number.POSITIVE_INFINITY]) {
      const flat = await pictureOf(tensor([value]).broadcastTo([1, 2, 3]));
      expect([0, 255]).toContain(flat.at(0, 0)[0]);
    }
  });

  it("holds no text from outside", async () => {
    for (const x of [ones([2, 2]), ones([20, 20]), ones([2, 3, 4, 4], { requiresGrad: true })]) {
      const { "text/html": html } = await shown(x);
      const tags = html!.replace(/"[^"<>]*"/g, '""').match(/<[^>]*>/g)!;
      const known =
        /^<(\/?(table|tr|td|small|br)( style="")?|img width="" height="" style="" src="")>$/;
      expect(tags.filter((tag) => !known.test(tag))).toEqual([]);
    }
  });

  it("records nothing, on wasm too", async () => {
    const x = withBackend(createKernels({ threads: 1 }), () => ones([3, 1, 8, 8]));
    x.requiresGrad = true;
    const picture = await pictureOf(x);
    expect([picture.width, picture.height]).toEqual([20, 20]);
    x.sum().backward();
    expect(x.grad!.toTypedArray().every((g) => g === 1)).toBe(true);
  });
});
