// The files of a run: latest.json, latest.md, and an SVG plot for each subject and metric that has a reference.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { barPlot } from './svg.mjs';
import { bySubject, markdownTable } from './text.mjs';

/**
 * @param {string} directory
 * @param {{ machine: object, command: string, date: string, rows: import('./rows.mjs').Row[] }} results
 */
export function writeReport(directory, results) {
  mkdirSync(directory, { recursive: true });
  for (const name of readdirSync(directory).filter((file) => file.endsWith('.svg')))
    rmSync(join(directory, name));
  writeFileSync(join(directory, 'latest.json'), `${JSON.stringify(results, undefined, 1)}\n`);
  const parts = [
    '# Benchmark',
    `\`${results.command}\`, ${results.date}. ${machineText(results.machine)}`,
    'Each figure: median of the rounds (minimum to maximum). Ratios are of the pairs of one round: ours to the reference.',
  ];
  for (const [subject, rows] of bySubject(results.rows)) {
    parts.push(`## ${subject}`, markdownTable(rows));
    for (const { name, svg } of plots(subject, rows)) {
      writeFileSync(join(directory, name), svg);
      parts.push(`![${name.replace('.svg', '')}](${name})`);
    }
  }
  writeFileSync(join(directory, 'latest.md'), `${parts.join('\n\n')}\n`);
}

function plots(subject, rows) {
  const metrics = [
    ...new Set(rows.filter((row) => row.referenceValue).map(({ metric, unit }) => `${metric}\n${unit}`)),
  ];
  return metrics.map((key) => {
    const [metric, unit] = key.split('\n');
    const own = rows.filter((row) => row.metric === metric && row.unit === unit && row.referenceValue);
    const groups = [...new Set(own.map((row) => row.case))].map((label) => {
      const ofCase = own.filter((row) => row.case === label);
      const references = ofCase.map((row) => ({ name: row.reference, value: row.referenceValue }));
      return { label, bars: [{ name: 'dmaflow', value: ofCase[0].ours }, ...references] };
    });
    const name = `${subject} ${metric}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
    return { name: `${name}.svg`, svg: barPlot(`${subject}: ${metric}`, unit, groups) };
  });
}

function machineText({ name, kernel, node, processors, gstreamer }) {
  return `${name}: Linux ${kernel}, ${processors} processors, Node ${node}, ${gstreamer || 'no GStreamer'}.`;
}
