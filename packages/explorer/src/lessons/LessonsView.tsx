import type { JSX } from "preact";
import { choice, words } from "../address/fields.ts";
import { useAddressState } from "../address/useAddress.ts";
import { Choice } from "../controls/fields.tsx";
import { found, TOPICS } from "./find.ts";
import { PresetLinks } from "./PresetLinks.tsx";
import "./lessons.css";

const FIELDS = { find: words("", 100), topic: choice("all", TOPICS) };

const NAMES: Readonly<Record<(typeof TOPICS)[number], string>> = {
  all: "All",
  question: "The question",
  article: "The article",
  readers: "Its readers",
};

/** Every row of the lessons with its answer and the links to where it can be seen. */
export function LessonsView(): JSX.Element {
  const [{ find, topic }, change] = useAddressState("lessons", FIELDS);
  const shown = found(find, topic);
  return (
    <div class="lessons">
      <section class="card">
        <p>
          Two texts began this project: a question, “Backpropagation in a convolutional neural
          network with stride and padding”, with its accepted answer; and an article,
          “Backpropagation in Convolutional Neural Networks” (DeepGrid, 2016), with its readers’
          comments. Each lesson is one equation, claim or question in them, has a test of its
          number, and links to what shows it.
        </p>
        <div class="fields">
          <div class="field">
            <label for="find-lesson">Search</label>
            <input
              id="find-lesson"
              class="text"
              type="search"
              maxLength={100}
              value={find}
              placeholder="stride, flip, 22 …"
              onInput={(event) => change({ find: event.currentTarget.value })}
            />
          </div>
          <Choice
            row
            label="From"
            value={topic}
            options={TOPICS.map((name) => [name, NAMES[name]] as const)}
            onChange={(value) => change({ topic: value })}
          />
          <p role="status" class="count">
            {shown.length} of 43
          </p>
        </div>
      </section>
      <ol class="lesson-list">
        {shown.map(({ row, question, answer, title, test }) => (
          <li key={row} class="card" data-row={row}>
            <h2>
              <span class="row-number">{row}</span> {question}
            </h2>
            <p>{answer}</p>
            <PresetLinks row={row} />
            <p class="soft">
              {title}; tested in <code>test/lessons/{test}</code>
            </p>
          </li>
        ))}
      </ol>
      {shown.length === 0 && <p>No lesson speaks of “{find}”. Search for another word.</p>}
    </div>
  );
}
