/** `dmaflow doctor`: what there is, what is missing, and what to do. Works where nothing is there. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { listHeaps } from '../allocators/heaps';
import { listCards } from '../devices/kms/discovery';
import { listCameras, noCameraAdvice } from '../devices/v4l2/discovery';
import { UnsupportedError } from '../errors';
import { type GStreamerStatus, gstreamerStatus } from '../gstreamer/status';
import { loadKernel } from '../native/binding';
import type { Kernel } from '../native/kernel';
import { findProblems } from './doctor-problems';
import { type DoctorReport, type Problem, problemOf } from './doctor-report';
import { doctorText } from './doctor-text';
import { type CommandOutput, toJson } from './output';

/** Where the answers come from; a test has its own. */
export interface Surroundings {
  dmaflow: string;
  loadKernel(): Kernel;
  gstreamer(): GStreamerStatus;
  readText(path: string): string | undefined;
  libdrmVersion(): string | null;
  root: boolean;
}

export function surroundings(dmaflow: string): Surroundings {
  return {
    dmaflow,
    loadKernel,
    gstreamer: gstreamerStatus,
    readText,
    libdrmVersion,
    root: process.geteuid?.() === 0,
  };
}

/** Exit status 1 where something is wrong without which nothing works. */
export function doctorCommand(from: Surroundings, options: { json?: boolean }): CommandOutput {
  const report = examine(from);
  return {
    stdout: options.json ? toJson(report) : doctorText(report),
    stderr: '',
    exitCode: report.problems.some(({ severity }) => severity === 'error') ? 1 : 0,
  };
}

function examine(from: Surroundings): DoctorReport {
  const found: Problem[] = [];
  const kernel = orProblem(found, 'error', from.loadKernel);
  const heaps = (kernel && orProblem(found, 'error', () => listHeaps(kernel))) ?? [];
  const { version, nodeGtk, ...gstreamer } = from.gstreamer();
  const cameras = kernel ? listCameras(kernel) : [];
  if (kernel && cameras.length === 0) found.push(problemOf('note', noCameraAdvice(kernel)));
  const cards = kernel ? listCards(kernel).filter((card) => card.hasDisplay || !card.permitted) : [];
  const report = {
    versions: {
      dmaflow: from.dmaflow,
      kernel: release(),
      node: process.versions.node,
      architecture: process.arch,
      addon: kernel ? `Node-API ${process.versions.napi}` : null,
      libdrm: from.libdrmVersion(),
      gstreamer: version,
      nodeGtk,
    },
    memory: {
      cmaTotal: meminfo(from, 'CmaTotal'),
      cmaFree: meminfo(from, 'CmaFree'),
    },
    limits: {
      realtimePriority: limit(from, 'Max realtime priority'),
      openFiles: limit(from, 'Max open files'),
      root: from.root,
    },
    heaps: heaps.map(({ name, kind, path, aliases, permitted }) => ({
      name,
      kind,
      path,
      aliases,
      permitted,
    })),
    cameras: cameras.map(({ path, driver, card, permitted }) => ({ path, driver, card, permitted })),
    displays: cards.map(({ path, driver, permitted, atomic, connectors }) => ({
      path,
      driver: driver ?? null,
      permitted,
      atomic,
      connected: connectors
        .filter(({ connection, writeback }) => connection === 'connected' && !writeback)
        .map(({ name }) => name),
    })),
    gstreamer,
  };
  const order = ['error', 'warning', 'note'];
  const problems = [...found, ...findProblems(report, kernel !== undefined)];
  problems.sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  return { ...report, problems };
}

function orProblem<T>(problems: Problem[], severity: Problem['severity'], look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    problems.push(problemOf(severity, error.message));
    return undefined;
  }
}

function meminfo(from: Surroundings, field: string): number | null {
  const kibibytes = new RegExp(`^${field}: +(\\d+) kB`, 'm').exec(from.readText('/proc/meminfo') ?? '')?.[1];
  return kibibytes === undefined ? null : Number(kibibytes) * 1024;
}

/** The soft limit. */
function limit(from: Surroundings, name: string): number | 'unlimited' | null {
  const soft = new RegExp(`^${name} +(\\S+)`, 'm').exec(from.readText('/proc/self/limits') ?? '')?.[1];
  if (soft === undefined) return null;
  return soft === 'unlimited' ? soft : Number(soft);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** The library does not say; where its development files are, pkg-config does. */
function libdrmVersion(): string | null {
  const { status, stdout } = spawnSync('pkg-config', ['--modversion', 'libdrm'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
}
