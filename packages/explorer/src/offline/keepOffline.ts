/**
 * Lets the browser keep the app, so that it opens without a network from the second visit on. Only what was built has a
 * list of its files, and pages from `file:` have no host to keep.
 */
export function keepOffline(): void {
  if (!import.meta.env.PROD || !/^https?:$/.test(location.protocol)) return;
  const register = async () => {
    try {
      // Hosts without https have no such workers.
      const workers: ServiceWorkerContainer | undefined = navigator.serviceWorker;
      await workers?.register("./serviceWorker.js");
    } catch {
      // Refused by the browser's settings, or by a frame's: the page works all the same, as long as there is a network.
    }
  };
  // After all that the first view needs.
  if (document.readyState === "complete") register();
  else addEventListener("load", register, { once: true });
}
