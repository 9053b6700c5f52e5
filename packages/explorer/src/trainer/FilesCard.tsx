import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { Notice } from "../controls/Notice.tsx";
import type { Request } from "./protocol.ts";

export interface FilesCardProps {
  readonly disabled: boolean;
  readonly failures: Partial<Record<Request["kind"], string>>;
  readonly onSave: (as: "safetensors" | "onnx") => void;
  readonly onOpen: (file: File) => void;
}

/** The model as a file, and back. */
export function FilesCard({ disabled, failures, onSave, onOpen }: FilesCardProps): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  return (
    <section class="card files" aria-label="Model files">
      <h2>Keep the model</h2>
      <div class="controls">
        <button type="button" disabled={disabled} onClick={() => onSave("safetensors")}>
          Save as safetensors
        </button>
        <button type="button" disabled={disabled} onClick={() => onSave("onnx")}>
          Export ONNX
        </button>
      </div>
      <label class="field file">
        <span>Open a saved model</span>
        <input
          ref={input}
          type="file"
          accept=".safetensors"
          onChange={() => {
            const file = input.current?.files?.[0];
            if (file) onOpen(file);
            input.current!.value = "";
          }}
        />
      </label>
      {[failures.save, failures.open].map(
        (message) =>
          message && (
            <Notice key={message} kind="bad">
              {message}
            </Notice>
          ),
      )}
      <p class="hint">
        safetensors opens here and in Node (<code>loadModel</code>); ONNX in other tools.
      </p>
    </section>
  );
}
