import { execFile, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fit, SGD } from "convgrad";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "./bundle.ts";
import { loaderOf, net } from "./task.ts";

let folder: string;
let program: string;
let count = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "convgrad-interrupt-"));
  program = await bundle("interrupted", folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the program; each time that it writes one of the texts, the signal is sent. */
function interrupted(signal: NodeJS.Signals, texts: readonly string[], ...args: string[]) {
  const child = spawn(process.execPath, [program, ...args]);
  let [output, errors, seen] = ["", "", 0];
  const look = () => {
    const text = texts[seen];
    if (text === undefined || !(output + errors).includes(text)) return;
    seen++;
    child.kill(signal);
  };
  child.stdout.on("data", (data) => {
    output += data;
    look();
  });
  child.stderr.on("data", (data) => {
    errors += data;
    look();
  });
  return new Promise<{ code: number | null; output: string; errors: string }>((resolve) => {
    child.on("close", (code) => resolve({ code, output, errors }));
  });
}

describe("a signal", () => {
  it.each(["SIGINT", "SIGTERM"] as const)(
    "%s lets the step end, saves, and lets the program end in order",
    async (signal) => {
      const directory = join(folder, `run${count++}`);
      const { code, output, errors } = await interrupted(signal, ["begun"], directory);
      const { stopped, path, steps } = JSON.parse(output.trim().split("\n").at(-1)!);
      expect([code, stopped]).toEqual([0, "interrupt"]);
      expect(steps).toBeGreaterThanOrEqual(3);
      expect(path).toContain(`step-${String(steps).padStart(8, "0")}.safetensors`);
      expect(existsSync(path)).toBe(true);
      expect(existsSync(join(directory, "model.safetensors"))).toBe(true);
      expect(errors).toContain(
        "interrupted: finishing the step; once more ends the program at once",
      );
    },
  );

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s that comes twice ends the program at once", async (signal, expected) => {
    const directory = join(folder, `run${count++}`);
    const { code } = await interrupted(signal, ["begun", "once more"], directory, "stuck");
    expect(code).toBe(expected);
    expect(readdirSync(join(directory, "checkpoints"))).toEqual(["step-00000000.safetensors"]);
  });

  it("is caught only while a run is under way, and not where nobody wants it", async () => {
    const listeners = () => ["SIGINT", "SIGTERM"].map((signal) => process.listenerCount(signal));
    const before = listeners();
    for (const catchInterrupts of [true, false]) {
      const model = net();
      const optimizer = new SGD(model.parameters(), { lr: 0.1 });
      const during: number[][] = [];
      const look = { onStep: () => void during.push(listeners()) };
      const options = { loader: loaderOf(), optimizer, callbacks: [look], catchInterrupts };
      await fit(model, { ...options, steps: 1, progress: false });
      expect(during).toEqual([before.map((n) => (catchInterrupts ? n + 1 : n))]);
      expect(listeners()).toEqual(before);
    }
  });
});

/** Presses Ctrl-C in a terminal of its own when the text has appeared; prints what was written and the exit code. */
const PTY = `
import os, pty, sys
text, *command = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0: os.execvp(command[0], command)
out, pressed = b"", False
while True:
    try: data = os.read(terminal, 65536)
    except OSError: break
    if not data: break
    out += data
    if not pressed and text.encode() in out:
        os.write(terminal, b"\\x03")
        pressed = True
status = os.waitpid(pid, 0)[1]
sys.stdout.buffer.write(out)
print("exit", os.waitstatus_to_exitcode(status))
`;

function hasPython(): boolean {
  try {
    execFileSync("python3", ["-c", "import os, pty; os.waitstatus_to_exitcode"], {
      stdio: "ignore",
    });
    return true;
  } catch {
    return false;
  }
}

it.skipIf(!hasPython())("Ctrl-C in a terminal leaves it as it was", async () => {
  const directory = join(folder, `run${count++}`);
  const args = ["-c", PTY, "begun", process.execPath, program, directory];
  const { stdout } = await promisify(execFile)("python3", args);
  const lines = stdout.trimEnd().split(/\r?\n/);
  expect(lines.at(-1)).toBe("exit 0");
  expect(JSON.parse(lines.at(-2)!)).toMatchObject({ stopped: "interrupt" });
  // Cursor, wrapping and screen were never changed, so nothing is to be put back.
  expect(stdout).not.toMatch(/\[\?(25|7|1049)[lh]/);
});
