/** The files of the app below its folder, and a hash of them all; the build puts them in. */
declare const FILES: readonly string[];
declare const VERSION: string;

/** What a worker of this kind has, of which the page's types know nothing. */
interface WorkerScope {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
}
interface Lasting extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Event {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

const { registration, clients } = self as unknown as WorkerScope;
/** Other folders of the same host may hold explorers of their own. */
const PREFIX = `convgrad ${registration.scope} `;
const CACHE = PREFIX + VERSION;
const PAGE = registration.scope;
/** A host may have got more images since; see build/imageFiles.ts. */
const LIST = `${PAGE}data.json`;
const kept = new Set(FILES.map((file) => new URL(file, registration.scope).href));

/** The whole app is fetched at the first visit. It takes over from an older one when no page uses that any more. */
async function install(): Promise<void> {
  const cache = await caches.open(CACHE);
  // Past what the browser remembers: a file of an older version under the same name would stay for good.
  await cache.addAll([PAGE, ...kept].map((url) => new Request(url, { cache: "no-cache" })));
}

async function activate(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await clients.claim();
}

/** From the cache with the headers it came with, so that an isolated page stays one. */
async function remembered(url: string, ofAll = false): Promise<Response | undefined> {
  const where = ofAll ? {} : { cacheName: CACHE };
  // A browser whose storage is full or broken still has the network.
  return caches.match(url, { ...where, ignoreVary: true }).catch(() => undefined);
}

/** The newest there is: of the page itself, and of the list of images that lie beside it. */
async function newest(request: Request, url: string): Promise<Response> {
  try {
    // Past what the browser remembers: an older page would ask for files that are gone.
    const response = await fetch(request, { cache: "no-cache" });
    const fine = response.ok || response.type === "opaqueredirect";
    return fine ? response : ((await remembered(url)) ?? response);
  } catch (error) {
    const response = await remembered(url);
    if (response) return response;
    throw error;
  }
}

/** A file whose name changes with its content, or that goes with this version. */
async function file(request: Request): Promise<Response> {
  return (await remembered(request.url)) ?? fetch(request);
}

/** A file of a newer version, whose page is open while this one still keeps older pages: its worker waits with its files. */
async function fileOfAnother(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const response = await remembered(request.url, true);
    if (response) return response;
    throw error;
  }
}

self.addEventListener("install", (event) => (event as Lasting).waitUntil(install()));
self.addEventListener("activate", (event) => (event as Lasting).waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { request, respondWith } = event as Fetching;
  if (request.method !== "GET") return;
  const url = request.url.replace(/[#?].*/s, "");
  if (request.mode === "navigate") {
    if (url === PAGE || url === `${PAGE}index.html`) respondWith.call(event, newest(request, PAGE));
  } else if (url === LIST) {
    respondWith.call(event, newest(request, LIST));
  } else if (kept.has(request.url)) {
    respondWith.call(event, file(request));
  } else if (url.startsWith(`${PAGE}assets/`)) {
    respondWith.call(event, fileOfAnother(request));
  }
});
