import { existsSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { app, tarball, writePrograms } from './support/installed';
import { run } from './support/run';
import { NEWEST_NODE, node, tool } from './support/tools';

jest.setTimeout(600_000);

/** Where Yarn looks is its own setting, beside npm's. */
const registry = run('npm', ['config', 'get', 'registry'], { cwd: dirname(app) });
const berry = (linker: string) =>
  `nodeLinker: ${linker}\nnpmRegistryServer: ${registry}\nenableTelemetry: false\nenableImmutableInstalls: false\n`;

/** The programs that an installation finds: a compiler, make or Python would be missed. */
function toolsOf(project: string): NodeJS.ProcessEnv {
  const bin = join(project, 'bin');
  mkdirSync(bin);
  symlinkSync(node(NEWEST_NODE), join(bin, 'node'));
  return { PATH: bin };
}

describe.each([
  ['npm', 'npm', 'bin/npm-cli.js', ['install', '--no-audit', '--no-fund', '--prefer-offline', tarball]],
  ['pnpm', 'pnpm', 'bin/pnpm.cjs', ['add', '--prefer-offline', tarball]],
  ['Yarn 1', 'yarn', 'bin/yarn.js', ['add', '--prefer-offline', '--non-interactive', tarball]],
  ['Yarn with node_modules', '@yarnpkg/cli-dist', 'bin/yarn.js', ['add', tarball], berry('node-modules')],
  ["Yarn with Plug'n'Play", '@yarnpkg/cli-dist', 'bin/yarn.js', ['add', tarball], berry('pnp')],
] as const)('%s', (_, name, program, args, yarnrc?: string) => {
  let project: string;
  let env: NodeJS.ProcessEnv;
  let output: string;

  beforeAll(() => {
    project = mkdtempSync(join(dirname(app), 'managed-'));
    writeFileSync(
      join(project, 'package.json'),
      JSON.stringify({ name: 'app', version: '1.0.0', private: true }),
    );
    if (yarnrc) writeFileSync(join(project, '.yarnrc.yml'), yarnrc);
    env = toolsOf(project);
    // Scripts are not forbidden here.
    output = run(node(NEWEST_NODE), [join(tool(name), program), ...args], { cwd: project, env });
    writePrograms(project);
  });

  it('installs the package without building anything', () => {
    expect(output).not.toMatch(/dmaflow.*(script|buil[dt])|node-gyp/i);
    const folder = join(project, 'node_modules/dmaflow');
    if (existsSync(folder)) expect(existsSync(join(realpathSync(folder), 'build'))).toBe(false);
  });

  it.each([
    ['fake-kernel.mjs', /^shown 3$/],
    ['fake-kernel.cjs', /^shown 3$/],
    ['real-kernel.cjs', /^\d+$/],
  ])('runs %s', (file, expected) => {
    const pnp = existsSync(join(project, '.pnp.cjs'))
      ? ['-r', './.pnp.cjs', '--loader', './.pnp.loader.mjs']
      : [];
    expect(run(node(NEWEST_NODE), [...pnp, file], { cwd: project, env })).toMatch(expected);
  });
});
