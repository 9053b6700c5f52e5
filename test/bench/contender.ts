import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { type Launch, root } from "./launch.ts";
import type { Once, PeerInfo, Reply, Request } from "./protocol.ts";

/** Longer than any single answer should take. */
const PATIENCE_MS = 300_000;

/** A child process and the lines that it says. */
class Conversation {
  readonly child: ChildProcess;
  readonly #lines: string[] = [];
  #waiting: (() => void) | null = null;
  #ended = false;
  #complaints = "";

  constructor({ command, args }: Launch) {
    this.child = spawn(command, args, { cwd: root, stdio: ["pipe", "pipe", "pipe"] });
    const wake = () => this.#waiting?.();
    const end = (reason?: Error) => {
      if (reason) this.#complaints += reason.message;
      this.#ended = true;
      wake();
    };
    createInterface({ input: this.child.stdout! }).on("line", (line) => {
      if (line.startsWith("{")) this.#lines.push(line); // libraries may print what they like
      wake();
    });
    this.child.stderr!.on("data", (text) => {
      this.#complaints = (this.#complaints + text).slice(-2_000);
    });
    this.child.stdin!.on("error", () => {}); // its end tells more
    this.child.on("error", end);
    this.child.on("close", () => end());
  }

  async hear<T>(): Promise<T> {
    const deadline = setTimeout(() => {
      this.#complaints = `no answer within ${PATIENCE_MS / 1000} s`;
      this.child.kill("SIGKILL");
    }, PATIENCE_MS);
    while (this.#lines.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    clearTimeout(deadline);
    const line = this.#lines.shift();
    if (line !== undefined) return JSON.parse(line) as T;
    const complaints = this.#complaints.trim().split("\n");
    const reason = complaints.findLast((text) => /Error/.test(text)) ?? complaints.at(-1);
    throw new Error(reason || `the process ended with status ${this.child.exitCode}`);
  }

  async end(): Promise<void> {
    this.child.stdin!.end();
    const impatience = setTimeout(() => this.child.kill("SIGKILL"), 2_000);
    while (!this.#ended) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    clearTimeout(impatience);
  }
}

/** A library in a process of its own, waiting for its turn. */
export class Contender {
  /** How tables name it: `"PyTorch 2t"`. */
  readonly name: string;
  readonly info: PeerInfo;
  readonly #conversation: Conversation;

  private constructor(name: string, info: PeerInfo, conversation: Conversation) {
    this.name = name;
    this.info = info;
    this.#conversation = conversation;
  }

  /**
   * @param suffix after the library's name and its threads
   * @throws the last thing that a process said which could not start.
   */
  static async start(how: Launch, suffix = ""): Promise<Contender> {
    const conversation = new Conversation(how);
    const info = await conversation.hear<PeerInfo>();
    return new Contender(`${info.name} ${info.threads}t${suffix}`, info, conversation);
  }

  /** @throws what went wrong in the child. */
  async ask(request: Request): Promise<Reply> {
    this.#conversation.child.stdin!.write(`${JSON.stringify(request)}\n`);
    const reply = await this.#conversation.hear<Reply>();
    if (reply.error !== undefined) throw new Error(reply.error);
    return reply;
  }

  async stop(): Promise<void> {
    await this.#conversation.end();
  }
}

/** A cold start, in milliseconds from outside and, where the child knows them, from inside. */
export async function runOnce(how: Launch): Promise<{ outside: number; inside?: number }> {
  const started = performance.now();
  const conversation = new Conversation(how);
  const { sinceStart } = await conversation.hear<Once>();
  const outside = performance.now() - started;
  await conversation.end();
  return { outside, ...(sinceStart !== undefined && { inside: sinceStart }) };
}
