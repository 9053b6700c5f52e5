/** A program for a page after which each of its workers first learns another number of cores. */
export function withCores(cores: number): string {
  const first = `Object.defineProperty(navigator, "hardwareConcurrency", { value: ${cores} })`;
  const address = JSON.stringify(`data:text/javascript,${encodeURIComponent(first)}`);
  return `globalThis.Worker = class extends Worker {
    constructor(url, options) {
      const program = 'import ${address}; import ' + JSON.stringify(String(url));
      super(URL.createObjectURL(new Blob([program], { type: "text/javascript" })), options);
    }
  };`;
}
