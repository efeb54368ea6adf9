import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(__dirname, '../../..');
const node = (...args: string[]) =>
  execFileSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();

/** The package as its users see it: the built files, by its own name. */
describe('the built package', () => {
  it('gives named imports to ES modules', () => {
    const program = `
      import { Pipeline, v4l2Source, cpuStage, kmsSink, tee, KernelError } from 'dmaflow';
      import { FakeKernel } from 'dmaflow/testing';
      console.log([Pipeline, v4l2Source, cpuStage, kmsSink, tee, KernelError, FakeKernel].every((x) => typeof x === 'function'));`;
    expect(node('--input-type=module', '-e', program)).toBe('true');
  });

  it('gives the same to CommonJS, and loads no addon for it', () => {
    const program = `
      const { Pipeline } = require('dmaflow');
      console.log(typeof Pipeline, Object.keys(require.cache).filter((file) => file.endsWith('.node')).length);`;
    expect(node('-e', program)).toBe('function 0');
  });

  it('runs a pipeline over the fake kernel', () => {
    const program = `
      import { Pipeline, v4l2Source, kmsSink } from 'dmaflow';
      import { FakeKernel } from 'dmaflow/testing';
      const { kernel } = FakeKernel.board();
      const stats = await new Pipeline({ kernel }, v4l2Source({ width: 320, height: 180, frames: 3 }), kmsSink()).run();
      kernel.assertNothingLeft();
      console.log(stats.shown);`;
    expect(node('--input-type=module', '-e', program)).toBe('3');
  });

  it('is loaded from the code cache that the set-up made', () => {
    const program = `
      const vm = require('node:vm');
      vm.Script = class extends vm.Script {
        constructor(...args) { super(...args); console.log(this.cachedDataRejected); }
      };
      require('dmaflow');`;
    expect(node('-e', program)).toBe('false');
  });

  it('loads rxjs in one file, and only when an Observable is asked for', () => {
    const program = `
      const { Pipeline, v4l2Source, kmsSink } = require('dmaflow');
      const { FakeKernel } = require('dmaflow/testing');
      const { kernel } = FakeKernel.board();
      const pipeline = new Pipeline({ kernel }, v4l2Source({ width: 320, height: 180, frames: 3 }), kmsSink());
      const loaded = () => Object.keys(require.cache).filter((file) => file.includes('rxjs')).length;
      (async () => {
        await pipeline.run();
        const before = loaded();
        pipeline.stats$;
        console.log(before, loaded());
      })();`;
    expect(node('-e', program)).toBe('0 1');
  });

  it('loads nothing of Node that takes long and few programs need', () => {
    const program = `
      require('dmaflow');
      const slow = ['worker_threads', 'internal/worker', 'fs/promises', 'perf_hooks', 'internal/perf/performance'];
      console.log(process.moduleLoadList.filter((name) => slow.some((each) => name === 'NativeModule ' + each)).join());`;
    expect(node('-e', program)).toBe(node('-e', program.replace("require('dmaflow');", '')));
  });

  it('has a type declaration beside each entry', () => {
    const { exports } = require(join(root, 'package.json'));
    for (const entry of ['.', './testing']) {
      expect(() => require.resolve(join(root, exports[entry].types))).not.toThrow();
    }
  });
});
