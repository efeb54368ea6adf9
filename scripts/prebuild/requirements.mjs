// What `npm run prebuild` needs of the system.
import { findProgram } from '../lib/processes.mjs';
import { toolOf } from './targets.mjs';

const programs =
  (...names) =>
  () =>
    names.every((name) => findProgram(name));

const common = [
  { purpose: 'make, for prebuilt addons', debian: ['make'], present: programs('make') },
  {
    purpose: 'CMake and an assembler, for the libraries that are linked into prebuilt addons',
    debian: ['cmake', 'nasm'],
    present: programs('cmake', 'nasm'),
  },
  {
    purpose: 'dpkg-source, for the sources of these libraries',
    debian: ['dpkg-dev'],
    present: programs('dpkg-source'),
  },
];

/** @param {import('./targets.mjs').Target} target */
const compiler = (target) => ({
  purpose: `a C++ compiler for ${target.name}`,
  debian: target.compiler,
  present: programs(toolOf(target, 'g++'), toolOf(target, 'gcc'), toolOf(target, 'ar')),
});

/** @param {import('./targets.mjs').Target} target */
export const prebuildRequirements = (target) => [...common, compiler(target)];
