import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const COMMAND = join(__dirname, '../../../dist/cli/main.js');

/** The built command, where nothing of what it needs can be found. */
it('names all that is missing, with its packages, and starts nothing', () => {
  const env = { PATH: '/nonexistent' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, 'build'], {
    env,
    encoding: 'utf8',
  });
  expect(stderr).toMatch(
    /^dmaflow: the addon cannot be built without:\n {2}a C\+\+17 compiler \(g\+\+\)\n {2}make\n {2}pkg-config\n {2}libdrm with its headers\n {2}libyuv with its headers\n/,
  );
  expect(stderr).toContain(
    '\nOn Debian and Ubuntu: apt-get install g++ make pkg-config libdrm-dev libyuv-dev',
  );
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
});

it('takes the compiler that CXX names', () => {
  const env = { ...process.env, CXX: 'no-such-compiler' };
  const { status, stderr } = spawnSync(process.execPath, [COMMAND, 'build'], { env, encoding: 'utf8' });
  expect(stderr).toContain('a C++17 compiler (no-such-compiler)');
  expect(status).toBe(1);
});
