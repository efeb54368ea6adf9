import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { installed, programs } from './support/installed';
import { run } from './support/run';
import { NODE_VERSIONS, node } from './support/tools';

jest.setTimeout(600_000);

const SHOW = `
  const vm = require('node:vm');
  vm.Script = class extends vm.Script {
    constructor(...args) { super(...args); console.log(this.cachedDataRejected); }
  };`;

describe.each(NODE_VERSIONS)('the code cache of Node %s', (version) => {
  it('is made by the first run, and used by the second', () => {
    const cwd = programs();
    const env = { DMAFLOW_CODE_CACHE: join(cwd, 'cache') };
    const start = () =>
      run(node(version), ['-e', `${SHOW} require('./fake-kernel.cjs');`], { cwd, env }).split('\n');
    expect(start()).toEqual(['undefined', 'shown 3']);
    expect(readdirSync(join(cwd, 'cache'))).toHaveLength(1);
    expect(start()).toEqual(['false', 'shown 3']);
  });
});

it('is not in the package, and no run leaves one there', () => {
  run(process.execPath, ['fake-kernel.cjs'], { cwd: programs() });
  expect(
    readdirSync(installed, { recursive: true }).filter((name) => /(^|\/)cache\/|\.cache$/.test(String(name))),
  ).toEqual([]);
});
