import { Contender } from "./contender.ts";
import { type Launch, launch, type WorkerName } from "./launch.ts";
import type { PeerInfo, WorkerSettings } from "./protocol.ts";
import type { Results } from "./results.ts";
import type { PeerName, Settings } from "./settings.ts";

/** How to install what is not there. */
const REMEDY: Record<PeerName, string> = {
  torch: "set CONVGRAD_BENCH_PYTHON to a Python that has torch",
  tfjs: "npm install --prefix .bench @tensorflow/tfjs-core @tensorflow/tfjs-backend-wasm @tensorflow/tfjs-backend-cpu",
  convnetjs: "npm install --prefix .bench convnetjs",
};

/** Everyone who can take part. */
export interface Crew {
  readonly peers: readonly PeerName[];
  /** What every library said of itself. */
  readonly infos: Readonly<Record<string, PeerInfo>>;
  has(peer: PeerName): boolean;
  command(worker: WorkerName, options: Options): Launch;
  start(worker: WorkerName, options: Options, suffix?: string): Promise<Contender>;
}

type Options = Partial<WorkerSettings>;

/** Tries every library once; those that do not start are noted, with the remedy. */
export async function gather(settings: Settings, results: Results): Promise<Crew> {
  const command = (worker: WorkerName, options: Options) =>
    launch(worker, settings.from, { backend: settings.backend, ...options });
  const start = (worker: WorkerName, options: Options, suffix?: string) =>
    Contender.start(command(worker, options), suffix);
  const convgrad = await start("convgrad", { threads: 1 }).catch((error: Error) => {
    throw new Error(`convgrad does not start; is it built? npm run build (${error.message})`);
  });
  const infos: Record<string, PeerInfo> = { convgrad: convgrad.info };
  await convgrad.stop();
  const peers: PeerName[] = [];
  for (const peer of settings.peers) {
    try {
      const contender = await start(peer, { threads: 1 });
      infos[peer] = contender.info;
      peers.push(peer);
      await contender.stop();
    } catch (error) {
      results.note(`${peer} is absent (${(error as Error).message}): ${REMEDY[peer]}`);
    }
  }
  return { peers, infos, has: (peer) => peers.includes(peer), command, start };
}
