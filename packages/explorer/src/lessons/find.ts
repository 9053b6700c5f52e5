import { type Lesson, lessons } from "./lessons.ts";

/** Where a lesson comes from. */
export const TOPICS = ["all", "question", "article", "readers"] as const;
export type Topic = (typeof TOPICS)[number];

/** Rows of the question with its code and answer, and those that answer the article's readers; all others: the article. */
const QUESTION: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 42, 43]);
const READERS: ReadonlySet<number> = new Set([
  ...[12, 13, 15, 19, 20, 21, 22, 23, 26, 27, 28, 29, 30, 35, 36, 37, 38],
]);

function topicOf(row: number): Topic {
  if (QUESTION.has(row)) return "question";
  return READERS.has(row) ? "readers" : "article";
}

/** The lessons of a topic in which all the words occur; a number finds its row. */
export function found(words: string, topic: Topic): readonly Lesson[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return lessons.filter(({ row, title, question, answer }) => {
    if (topic !== "all" && topicOf(row) !== topic) return false;
    const text = `${title} ${question} ${answer}`.toLowerCase();
    return wanted.every((word) =>
      /^\d+$/.test(word) ? Number(word) === row : text.includes(word),
    );
  });
}
