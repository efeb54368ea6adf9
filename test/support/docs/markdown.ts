/** The parts of a Markdown file that can be tested: fenced blocks, code in the text and in tables, links, headings. */

/** Where something stands: path from the checkout's root, line from 1. */
export interface Place {
  document: string;
  line: number;
}

export interface Block extends Place {
  /** The fence's first word; empty where it has none. */
  language: string;
  /** The fence's second word: the file that the reader is to save it as. */
  file: string | undefined;
  /** Its lines begin at `line + 1`. */
  code: string;
  /** TypeScript that the block takes for granted, of the comment `<!-- given: … -->` before it; readers do not see it. */
  given: string;
}

export interface CodeSpan extends Place {
  text: string;
  /** Heading of the table's column that it stands in; undefined outside of tables. */
  column: string | undefined;
}

export interface Link extends Place {
  target: string;
}

export interface Document {
  path: string;
  blocks: Block[];
  spans: CodeSpan[];
  links: Link[];
  headings: string[];
}

const FENCE = /^\s*(`{3,})\s*(\S*)\s*(\S*)/;
const TABLE_RULE = /^\s*\|[\s:|-]+\|\s*$/;
const LINK = /\]\(([^()\s]+)\)/g;

export function parseMarkdown(path: string, text: string): Document {
  const document: Document = { path, blocks: [], spans: [], links: [], headings: [] };
  const lines = text.split('\n');
  let given = '';
  let columns: string[] | undefined;
  let paragraph: { line: number; text: string }[] = [];

  const endParagraph = () => {
    readText(document, paragraph, () => undefined);
    paragraph = [];
  };
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    const number = index + 1;
    const fence = FENCE.exec(line);
    if (fence) {
      endParagraph();
      const end = closingFence(lines, index, fence[1] ?? '');
      if (end < 0) throw new Error(`${path}:${number}: a fence without its end`);
      const code = lines.slice(index + 1, end).join('\n');
      const [, , language = '', file] = fence;
      document.blocks.push({ document: path, line: number, language, file: file || undefined, code, given });
      given = '';
      index = end;
    } else if (line.startsWith('<!-- given:')) {
      endParagraph();
      const end = lines.findIndex((each, at) => at >= index && each.endsWith('-->'));
      if (end < 0) throw new Error(`${path}:${number}: a comment without its end`);
      given = lines
        .slice(index, end + 1)
        .join(' ')
        .slice('<!-- given:'.length, -'-->'.length)
        .trim();
      index = end;
    } else if (line.trimStart().startsWith('|')) {
      endParagraph();
      if (TABLE_RULE.test(lines[index + 1] ?? ''))
        columns = cellsOf(line).map(({ text: cell }) => cell.trim());
      const cells = cellsOf(line);
      readText(document, [{ line: number, text: line }], (offset) => {
        return columns?.[cells.findLastIndex(({ start }) => start <= offset)];
      });
    } else {
      columns = undefined;
      if (line.trim() === '') endParagraph();
      else paragraph.push({ line: number, text: line });
      const heading = /^#+\s+(.*)$/.exec(line);
      if (heading) document.headings.push(heading[1] ?? '');
    }
  }
  endParagraph();
  return document;
}

/** What GitHub makes of a heading: `## In the graph: \`gstSource\`` is reached by `#in-the-graph-gstsource`. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

function closingFence(lines: string[], start: number, fence: string): number {
  return lines.findIndex((line, index) => index > start && line.trim() === fence);
}

/** A `|` inside of code separates no cells. */
function cellsOf(row: string): { start: number; text: string }[] {
  const bare = withoutCode(row);
  const bars = [...bare.matchAll(/(?<!\\)\|/g)].map(({ index }) => index);
  return bars.slice(0, -1).map((bar, n) => ({ start: bar, text: row.slice(bar + 1, bars[n + 1]) }));
}

/** A code span or a link may begin in one line and end in the next. */
function readText(
  document: Document,
  lines: { line: number; text: string }[],
  columnAt: (offset: number) => string | undefined,
): void {
  const joined = (some: { text: string }[]) => some.map((each) => `${each.text} `).join('');
  const text = joined(lines);
  const starts = lines.map((_, index) => joined(lines.slice(0, index)).length);
  const place = (offset: number) => {
    const line = lines[starts.findLastIndex((start) => start <= offset)]?.line ?? 0;
    return { document: document.path, line };
  };
  for (const { index, 1: span = '' } of text.matchAll(/`([^`]+)`/g)) {
    document.spans.push({ ...place(index), text: span, column: columnAt(index) });
  }
  for (const { index, 1: target = '' } of withoutCode(text).matchAll(LINK)) {
    document.links.push({ ...place(index), target });
  }
}

/** The text with as many blanks where there was code. */
function withoutCode(text: string): string {
  return text.replace(/`[^`]+`/g, (span) => ' '.repeat(span.length));
}
