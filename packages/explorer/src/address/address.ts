/** Where the page stands: the part of its address behind `#`, as `#/convolution?stride=2&padding=1`. */
export interface Address {
  /** The view, `"convolution"`; empty for the front page. */
  readonly view: string;
  /** What the view shows. */
  readonly query: URLSearchParams;
}

/** Reads the part of an address behind `#`. */
export function parseAddress(hash: string): Address {
  const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split(/\?(.*)/s);
  return { view: path, query: new URLSearchParams(query) };
}

/** The part of an address behind `#`, with it. Commas stay readable. */
export function formatAddress(view: string, query: URLSearchParams): string {
  const text = query.toString().replaceAll("%2C", ",").replaceAll("%3B", ";");
  return `#/${view}${text ? `?${text}` : ""}`;
}
