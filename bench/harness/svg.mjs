// Plots as SVG: horizontal bars with the range of the rounds, one group for each case.

import { figure } from './text.mjs';

const WIDTH = 760;
// Of a character, about.
const LETTER = 6.7;
const BAR = 16;
const GAP = 8;
const HEAD = 48;
const FAR = 10;
const COLORS = ['#2a6fbb', '#8a8f98', '#d08a2e'];

/**
 * @param {string} title
 * @param {string} unit
 * @param {{ label: string, bars: { name: string, value: import('./rows.mjs').Spread }[] }[]} groups
 */
export function barPlot(title, unit, groups) {
  const largest = groups.map(({ bars }) => Math.max(...bars.map(({ value }) => value.max)));
  // Cases that are too far apart for one scale: it is the bars of one case that are compared.
  const own = Math.max(...largest) > FAR * Math.min(...largest);
  const texts = groups.flatMap(({ label, bars }) =>
    bars.map(({ name }, index) => textOf(label, name, index)),
  );
  const left = Math.ceil(16 + LETTER * Math.max(...texts.map(({ length }) => length)));
  const parts = [];
  let y = HEAD;
  for (const [group, { label, bars }] of groups.entries()) {
    const most = (own ? largest[group] : Math.max(...largest)) || 1;
    const scale = (value) => (value / most) * (WIDTH - left - 90);
    for (const [index, { name, value }] of bars.entries()) {
      const middle = y + BAR / 2;
      const color = COLORS[index % COLORS.length];
      const text = textOf(label, name, index);
      parts.push(
        `<text x="${left - 8}" y="${middle + 4}" text-anchor="end">${escapeText(text)}</text>`,
        `<rect x="${left}" y="${y}" width="${fixed(scale(value.median))}" height="${BAR}" fill="${color}"/>`,
        `<path d="M${fixed(left + scale(value.min))} ${middle}H${fixed(left + scale(value.max))}" stroke="#111"/>`,
        `<text x="${fixed(left + scale(value.max) + 6)}" y="${middle + 4}">${figure(value.median)}</text>`,
      );
      y += BAR + 3;
    }
    y += GAP;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}"`,
    ' font-family="sans-serif" font-size="12" fill="#111">',
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="8" y="20" font-size="14">${escapeText(title)}</text>`,
    `<text x="8" y="36" font-size="11">${escapeText(unit)}; bar: median, line: minimum to maximum${own ? '; each case has its scale' : ''}</text>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

function textOf(label, name, index) {
  return index === 0 ? `${label}: ${name}` : name;
}

function fixed(value) {
  return value.toFixed(1);
}

function escapeText(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
