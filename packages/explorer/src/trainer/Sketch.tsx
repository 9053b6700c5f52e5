import type { JSX, RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Grey } from "./inkToImage.ts";
import type { Pixels } from "./protocol.ts";

/** The drawing's side in pixels of its own, and the width of a line. */
const [SIDE, LINE] = [280, 22];

export interface SketchProps {
  readonly name: string;
  /** Called with the ink as it comes, at most once per frame. */
  readonly onInk: (ink: Grey) => void;
  /** A picture to begin with; the drawing shows it as soon as it changes, `null` clears it. */
  readonly picture: Pixels | null;
}

/** A square to draw on with pointer, pen or finger: white on black. */
export function Sketch({ name, onInk, picture }: SketchProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const last = useRef<readonly [number, number] | null>(null);
  const frame = useRef(0);
  useEffect(() => show(canvas, picture), [picture]);
  useEffect(() => () => cancelAnimationFrame(frame.current), []);

  const placeOf = (event: PointerEvent): readonly [number, number] => {
    const box = canvas.current!.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * SIDE;
    return [x, ((event.clientY - box.top) / box.height) * SIDE];
  };
  const tell = () => {
    frame.current ||= requestAnimationFrame(() => {
      frame.current = 0;
      onInk(inkOf(canvas.current!));
    });
  };
  const draw = (events: readonly PointerEvent[]) => {
    const context = canvas.current!.getContext("2d", { willReadFrequently: true })!;
    Object.assign(context, { lineWidth: LINE, lineCap: "round", lineJoin: "round" });
    context.strokeStyle = "#fff";
    context.beginPath();
    context.moveTo(...last.current!);
    for (const event of events) {
      last.current = placeOf(event);
      context.lineTo(...last.current);
    }
    context.stroke();
    tell();
  };
  return (
    <canvas
      ref={canvas}
      class="sketch"
      role="img"
      aria-label={name}
      width={SIDE}
      height={SIDE}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        last.current = placeOf(event);
        draw([event]);
      }}
      onPointerMove={(event) => {
        if (last.current) draw(event.getCoalescedEvents?.() ?? [event]);
      }}
      onPointerUp={() => {
        last.current = null;
      }}
      onPointerCancel={() => {
        last.current = null;
      }}
    />
  );
}

function inkOf(canvas: HTMLCanvasElement): Grey {
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  const values = Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    return (data[4 * i]! * data[4 * i + 3]!) / 65_025;
  });
  return { width: SIDE, height: SIDE, values };
}

function show(place: RefObject<HTMLCanvasElement | null>, picture: Pixels | null): void {
  const context = place.current?.getContext("2d", { willReadFrequently: true });
  if (!context) return;
  context.clearRect(0, 0, SIDE, SIDE);
  if (!picture) return;
  const { width, height, data } = picture;
  const small = new OffscreenCanvas(width, height);
  small.getContext("2d")!.putImageData(new ImageData(data, width, height), 0, 0);
  context.drawImage(small, 0, 0, SIDE, SIDE);
}
