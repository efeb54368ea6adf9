// Plots as SVG: horizontal bars with the range of the rounds, one group for each case.

const WIDTH = 760;
const LABEL = 250;
const BAR = 16;
const GAP = 8;
const HEAD = 34;
const COLORS = ['#2a6fbb', '#8a8f98', '#d08a2e'];

/**
 * @param {string} title
 * @param {string} unit
 * @param {{ label: string, bars: { name: string, value: import('./rows.mjs').Spread }[] }[]} groups
 */
export function barPlot(title, unit, groups) {
  const largest = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value.max))) || 1;
  const scale = (value) => (value / largest) * (WIDTH - LABEL - 120);
  const parts = [];
  let y = HEAD;
  for (const { label, bars } of groups) {
    for (const [index, { name, value }] of bars.entries()) {
      const middle = y + BAR / 2;
      const color = COLORS[index % COLORS.length];
      const text = index === 0 ? `${label}: ${name}` : name;
      parts.push(
        `<text x="${LABEL - 8}" y="${middle + 4}" text-anchor="end">${escapeText(text)}</text>`,
        `<rect x="${LABEL}" y="${y}" width="${fixed(scale(value.median))}" height="${BAR}" fill="${color}"/>`,
        `<path d="M${fixed(LABEL + scale(value.min))} ${middle}H${fixed(LABEL + scale(value.max))}" stroke="#111"/>`,
        `<text x="${fixed(LABEL + scale(value.max) + 6)}" y="${middle + 4}">${value.median.toPrecision(3)}</text>`,
      );
      y += BAR + 3;
    }
    y += GAP;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}"`,
    ' font-family="sans-serif" font-size="12" fill="#111">',
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="8" y="20" font-size="14">${escapeText(title)} (${escapeText(unit)}; bar: median, line: minimum to maximum)</text>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

function fixed(value) {
  return value.toFixed(1);
}

function escapeText(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
