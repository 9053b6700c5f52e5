import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import "./controls.css";

interface Labelled {
  readonly label: string;
  /** What a pointer over it tells. */
  readonly title?: string;
  readonly disabled?: boolean;
}

export interface WholeFieldProps extends Labelled {
  readonly value: number;
  readonly least: number;
  readonly most: number;
  /** Without − and +, for narrow places: the arrow keys do the same. */
  readonly bare?: boolean;
  readonly onChange: (value: number) => void;
}

/** A whole number with − and + beside it. */
export function WholeField(props: WholeFieldProps): JSX.Element {
  const { label, title, value, least, most, bare, disabled, onChange } = props;
  const id = useId();
  const step = (by: number) => {
    const next = Math.min(Math.max(value + by, least), most);
    if (next !== value) onChange(next);
  };
  return (
    <div class="field whole" title={title}>
      <label for={id}>{label}</label>
      <span class={bare ? "bare" : "stepper"}>
        {!bare && (
          <button
            type="button"
            aria-label={`${label}: one less`}
            disabled={disabled}
            aria-disabled={value <= least}
            onClick={() => step(-1)}
          >
            −
          </button>
        )}
        <input
          id={id}
          class="text"
          type="number"
          min={least}
          max={most}
          step={1}
          value={value}
          disabled={disabled}
          onChange={(event) => {
            const typed = event.currentTarget.valueAsNumber;
            const fits = Number.isInteger(typed) && typed >= least && typed <= most;
            if (fits) onChange(typed);
            else event.currentTarget.value = String(value);
          }}
        />
        {!bare && (
          <button
            type="button"
            aria-label={`${label}: one more`}
            disabled={disabled}
            aria-disabled={value >= most}
            onClick={() => step(1)}
          >
            +
          </button>
        )}
      </span>
    </div>
  );
}

export interface RealFieldProps extends Labelled {
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly onChange: (value: number) => void;
}

/** A number; what is typed counts when it is one in the range, else it stays marked. */
export function RealField(props: RealFieldProps): JSX.Element {
  const { label, title, value, least, most, disabled, onChange } = props;
  const id = useId();
  const [text, setText] = useState(String(value));
  useEffect(() => setText(String(value)), [value]);
  const typed = text.trim() === "" ? Number.NaN : Number(text);
  const fits = typed >= least && typed <= most;
  return (
    <div class="field real" title={title}>
      <label for={id}>{label}</label>
      <input
        id={id}
        class="text"
        inputMode="decimal"
        value={text}
        disabled={disabled}
        aria-invalid={!fits}
        onInput={(event) => setText(event.currentTarget.value)}
        onChange={() => (fits ? onChange(typed) : setText(String(value)))}
      />
    </div>
  );
}

export interface ChoiceProps<T extends string> extends Labelled {
  readonly value: T;
  /** Values and what they are called. */
  readonly options: readonly (readonly [value: T, label: string])[];
  readonly onChange: (value: T) => void;
  /** As buttons in a row; default: a list that opens. */
  readonly row?: boolean;
}

/** One of some. */
export function Choice<T extends string>(props: ChoiceProps<T>): JSX.Element {
  const { label, title, value, options, disabled, onChange, row } = props;
  const id = useId();
  if (row) {
    return (
      <fieldset class="field choice" title={title} disabled={disabled}>
        <legend>{label}</legend>
        <span class="segments">
          {options.map(([option, text]) => (
            <label key={option} class={option === value ? "on" : ""}>
              <input
                type="radio"
                name={id}
                value={option}
                checked={option === value}
                onChange={() => onChange(option)}
              />
              {text}
            </label>
          ))}
        </span>
      </fieldset>
    );
  }
  return (
    <div class="field" title={title}>
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.value as T)}
      >
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

export interface ToggleProps extends Labelled {
  readonly value: boolean;
  readonly onChange: (value: boolean) => void;
}

/** On or off. */
export function Toggle({ label, title, value, disabled, onChange }: ToggleProps): JSX.Element {
  return (
    <label class="field toggle" title={title}>
      <input
        type="checkbox"
        checked={value}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      {label}
    </label>
  );
}

/** A whole number as a place on a line. */
export function Slider(props: WholeFieldProps): JSX.Element {
  const { label, title, value, least, most, disabled, onChange } = props;
  const id = useId();
  return (
    <div class="field" title={title}>
      <label for={id}>
        {label}: <span>{value}</span>
      </label>
      <input
        id={id}
        type="range"
        min={least}
        max={most}
        step={1}
        value={value}
        disabled={disabled}
        onInput={(event) => onChange(event.currentTarget.valueAsNumber)}
      />
    </div>
  );
}

/** Fields side by side under a name. */
export function Panel(props: { title?: string; children: ComponentChildren }): JSX.Element {
  return (
    <section class="panel" aria-label={props.title}>
      {props.title && <h2>{props.title}</h2>}
      <div class="fields">{props.children}</div>
    </section>
  );
}
