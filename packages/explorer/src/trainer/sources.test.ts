import { afterEach, describe, expect, it, vi } from "vitest";
import { shippedDigits } from "../../build/imageFiles.ts";
import { fetchManifest, readChoice, servedSets } from "./sources.ts";

const BASE = "http://example.org/some/folder/";
const SHIPPED = shippedDigits();
const names = Object.keys(SHIPPED).map((path) => path.replace("digits/", ""));

/** A host with these files below the page. */
function host(files: Readonly<Record<string, Uint8Array | string>>): void {
  vi.stubGlobal("fetch", async (url: URL) => {
    const path = url.href.startsWith(BASE) ? url.href.slice(BASE.length) : "";
    const body = files[path];
    const { Response } = globalThis;
    return body === undefined
      ? new Response("<html>", { status: 404 })
      : new Response(typeof body === "string" ? body : new Uint8Array(body));
  });
}
afterEach(() => vi.unstubAllGlobals());

describe("images beside the page", () => {
  it("the shipped digits are read below the page's own address", async () => {
    host({ ...SHIPPED, "data.json": JSON.stringify({ digits: names, mnist: ["x"] }) });
    const manifest = await fetchManifest(BASE);
    expect(servedSets(manifest)).toEqual(["mnist"]);
    const { train, validation, source, classes } = await readChoice(
      { from: "shipped" },
      BASE,
      manifest,
    );
    expect([train.labels.size, validation.labels.size]).toEqual([1600, 400]);
    expect(source).toContain("Y. LeCun, C. Cortes, C. Burges");
    expect(classes).toHaveLength(10);
  });

  it.each([
    ["null", {}],
    ["<!doctype html>", {}], // some hosts answer so, with 200, for what they do not have
    ["[]", {}],
    ['{"mnist": 5, "digits": [1], "fashion-mnist": "x"}', {}],
    ['{"mnist": ["a"], "__proto__": ["b"], "x": ["c"]}', { mnist: ["a"], x: ["c"] }],
  ])("a list %s names %o", async (text, found) => {
    host({ "data.json": text });
    const manifest = await fetchManifest(BASE);
    expect({ ...manifest }).toMatchObject(found);
    expect(servedSets(manifest)).toEqual("mnist" in found ? ["mnist"] : []);
  });

  it("without a list there is nothing, and the page says what to do", async () => {
    host({});
    const manifest = await fetchManifest(BASE);
    expect(manifest).toEqual({});
    for (const choice of [{ from: "shipped" }, { from: "served", set: "fashion-mnist" }] as const) {
      await expect(readChoice(choice, BASE, manifest)).rejects.toThrow(
        /is not beside this page; choose its files, or start the page with npm run explorer/,
      );
    }
  });

  it("a file that is listed and not there is named", async () => {
    host({});
    await expect(
      readChoice({ from: "served", set: "mnist" }, BASE, { mnist: ["train-images"] }),
    ).rejects.toThrow(/mnist\/train-images could not be fetched \(404\); choose the files/);
  });

  it("a host that does not answer is nothing either, and is named", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    expect(await fetchManifest(BASE)).toEqual({});
    await expect(
      readChoice({ from: "served", set: "mnist" }, BASE, { mnist: ["train-images"] }),
    ).rejects.toThrow(/mnist\/train-images could not be fetched \(no answer\); choose the files/);
  });

  it("a file too large for a page is not even read", async () => {
    const files = [new File([], "huge.bin")];
    Object.defineProperty(files[0], "size", { value: 1e10 });
    vi.spyOn(files[0]!, "arrayBuffer").mockRejectedValue(new Error("read"));
    await expect(readChoice({ from: "files", files }, BASE, {})).rejects.toThrow(
      /huge\.bin has 9,537 MiB, the page takes 256 MiB/,
    );
  });

  it("files that were chosen are named as their own source", async () => {
    const files = ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"].map(
      (name) => new File([new Uint8Array(SHIPPED[`digits/${name}`]!)], name),
    );
    const { name, source, train } = await readChoice({ from: "files", files }, BASE, {});
    expect(name).toBe("Your files");
    expect(source).toBe("train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz");
    expect(train.labels.size).toBe(1440);
  });
});
