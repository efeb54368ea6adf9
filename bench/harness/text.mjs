// Rows as text: the table on the terminal, and the same as Markdown.

const COLUMNS = ['case', 'metric', 'unit', 'ours', 'reference', 'its value', 'ratio', 'target'];

/** @param {import('./rows.mjs').Row[]} rows */
export function table(rows) {
  return bySubject(rows)
    .map(([subject, own]) => `${subject}\n${aligned([COLUMNS, ...own.map(cells)])}`)
    .join('\n\n');
}

/** @param {import('./rows.mjs').Row[]} rows */
export function markdownTable(rows) {
  const line = (values) => `| ${values.join(' | ')} |`;
  return [line(COLUMNS), line(COLUMNS.map(() => '---')), ...rows.map((row) => line(cells(row)))].join('\n');
}

/** @returns {[string, import('./rows.mjs').Row[]][]} */
export function bySubject(rows) {
  const groups = new Map();
  for (const row of rows) groups.set(row.subject, [...(groups.get(row.subject) ?? []), row]);
  return [...groups];
}

function cells(row) {
  return [
    row.case,
    row.metric,
    row.unit,
    range(row.ours),
    row.reference ?? '',
    row.referenceValue ? range(row.referenceValue) : '',
    row.ratio ? range(row.ratio) : '',
    targetText(row.target),
  ];
}

/** `2.1 (2.0 to 2.3)` */
function range({ median, min, max }) {
  if (median === undefined || Number.isNaN(median)) return '';
  if (min === max) return figure(median);
  return `${figure(median)} (${figure(min)} to ${figure(max)})`;
}

export function figure(value) {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en');
  if (Number.isInteger(value)) return String(value);
  return value.toPrecision(3);
}

function targetText(target) {
  if (!target) return '';
  const parts = [];
  if (target.most !== undefined) parts.push(`at most ${target.most}`);
  if (target.least !== undefined) parts.push(`at least ${target.least}`);
  const of = target.of === 'difference' ? ' more' : '';
  return `${parts.join(', ')}${of}: ${target.reached ? 'yes' : 'NO'}`;
}

function aligned(lines) {
  const widths = COLUMNS.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) => `  ${line.map((cell, column) => cell.padEnd(widths[column])).join('  ')}`.trimEnd())
    .join('\n');
}
