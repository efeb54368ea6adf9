import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { installed, programs } from './support/installed';
import { run } from './support/run';
import { NODE_VERSIONS, node, tool } from './support/tools';

jest.setTimeout(600_000);

describe.each(NODE_VERSIONS)('Node %s', (version) => {
  const runProgram = (name: string) => run(node(version), [name], { cwd: programs() });

  it('runs a pipeline that an ES module imports', () => {
    expect(runProgram('fake-kernel.mjs')).toBe('shown 3');
  });

  it('runs a pipeline that a CommonJS module requires', () => {
    expect(runProgram('fake-kernel.cjs')).toBe('shown 3');
  });

  it('loads the addon', () => {
    expect(runProgram('real-kernel.cjs')).toMatch(/^(4096|16384|65536)$/);
  });
});

describe('the installed package', () => {
  it('is one instance for both module systems, and for its entries', () => {
    expect(run(process.execPath, ['one-instance.mjs'], { cwd: programs() })).toBe('true true');
  });

  it("gives Observables that another rxjs, the program's own, works with", () => {
    const project = programs();
    cpSync(tool('rxjs'), join(project, 'node_modules/rxjs'), { recursive: true });
    expect(JSON.parse(run(process.execPath, ['observables.cjs'], { cwd: project }))).toEqual({
      states: ['idle', 'starting', 'running'],
      frames: [0, 1],
      shown: 5,
      isObservable: true,
    });
  });

  it('runs a worker stage', () => {
    expect(run(process.execPath, ['worker-stage.cjs'], { cwd: programs() })).toBe('shown 3');
  });

  it('runs the command', () => {
    const { version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    expect(run('npx', ['--no-install', '--', 'dmaflow', '--version'], { cwd: programs() })).toBe(version);
  });
});
