import type { JSX, TargetedMouseEvent } from "preact";
import { useRef } from "preact/hooks";
import { Picture } from "./Picture.tsx";
import type { Pixels } from "./protocol.ts";

/** A cell of a map. */
export type Cell = readonly [row: number, column: number];

export interface MapPictureProps {
  readonly name: string;
  readonly pixels: Pixels;
  /** The cell that is pointed at. */
  readonly at: Cell | null;
  /** Called with the cell under the pointer or the keyboard's focus, and `null` when it leaves. */
  readonly onPoint: (cell: Cell | null) => void;
  readonly onChoose: (cell: Cell) => void;
}

const ARROWS: Readonly<Record<string, Cell>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** A feature map whose cells can be pointed at. */
export function MapPicture(props: MapPictureProps): JSX.Element {
  const { name, pixels, at, onPoint } = props;
  const { width, height } = pixels;
  const last = useRef<Cell>([Math.floor(height / 2), Math.floor(width / 2)]);
  const within = (value: number, size: number) => Math.min(Math.max(value, 0), size - 1);
  const held = (): Cell => [within(last.current[0], height), within(last.current[1], width)];
  const under = (event: TargetedMouseEvent<HTMLButtonElement>): Cell => {
    const box = event.currentTarget.getBoundingClientRect();
    const row = Math.floor(((event.clientY - box.top) / box.height) * height);
    const column = Math.floor(((event.clientX - box.left) / box.width) * width);
    return [within(row, height), within(column, width)];
  };
  const point = (cell: Cell) => {
    last.current = cell;
    if (`${cell}` !== `${at}`) onPoint(cell);
  };
  return (
    <button
      type="button"
      class="map"
      aria-label={`${name}; arrow keys step through its cells`}
      onPointerMove={(event) => point(under(event))}
      onPointerLeave={() => onPoint(null)}
      onFocus={(event) => {
        if (event.currentTarget.matches(":focus-visible")) point(held());
      }}
      onBlur={() => onPoint(null)}
      onKeyDown={(event) => {
        const by = ARROWS[event.key];
        if (!by) return;
        event.preventDefault();
        const [row, column] = held();
        point([within(row + by[0], height), within(column + by[1], width)]);
      }}
      onClick={(event) => props.onChoose(event.detail === 0 ? held() : under(event))} // 0: by the keyboard
    >
      <Picture pixels={pixels} name={name} />
      {at && (
        <span
          class="cell-box"
          style={{
            left: `${(at[1] / width) * 100}%`,
            top: `${(at[0] / height) * 100}%`,
            width: `${100 / width}%`,
            height: `${100 / height}%`,
          }}
        />
      )}
    </button>
  );
}
