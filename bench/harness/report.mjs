// The files of a run: latest.json, latest.md, and an SVG plot for each subject and metric that has a reference.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { barPlot } from './svg.mjs';
import { bySubject, markdownTable } from './text.mjs';

/**
 * Writes the results of a run. Subjects that did not run keep what an earlier run found of them.
 * @param {string} directory
 * @param {{ machine: object, command: string, date: string, rows: import('./rows.mjs').Row[] }} run
 */
export function writeReport(directory, { rows, ...run }) {
  mkdirSync(directory, { recursive: true });
  const { subjects, rows: all } = merged(readResults(join(directory, 'latest.json')), run, rows);
  for (const name of readdirSync(directory).filter((file) => file.endsWith('.svg')))
    rmSync(join(directory, name));
  writeFileSync(join(directory, 'latest.json'), `${JSON.stringify({ subjects, rows: all }, undefined, 1)}\n`);
  const parts = [
    '# Benchmark',
    'Each figure: median of the rounds (minimum to maximum). Ratios are of the pairs of one round: ours to the reference.',
  ];
  for (const [subject, own] of bySubject(all)) {
    const { command, date, machine } = subjects[subject];
    parts.push(`## ${subject}`, `\`${command}\`, ${date}. ${machineText(machine)}`, markdownTable(own));
    for (const { name, svg } of plots(subject, own)) {
      writeFileSync(join(directory, name), svg);
      parts.push(`![${name.replace('.svg', '')}](${name})`);
    }
  }
  writeFileSync(join(directory, 'latest.md'), `${parts.join('\n\n')}\n`);
}

function readResults(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { subjects: {}, rows: [] };
}

function merged(before, run, rows) {
  const names = new Set(rows.map(({ subject }) => subject));
  const all = [...before.rows.filter(({ subject }) => !names.has(subject)), ...rows];
  const subjects = { ...before.subjects };
  for (const name of names) subjects[name] = run;
  return { subjects, rows: all.sort((a, b) => a.subject.localeCompare(b.subject)) };
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
