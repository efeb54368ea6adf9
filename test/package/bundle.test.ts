import { cpSync, mkdtempSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';
import { app, installed, programs } from './support/installed';
import { outcome, run } from './support/run';

jest.setTimeout(600_000);

/** What a bundle in ES modules needs besides, since Node's own modules are required in it. */
const ES_MODULE: BuildOptions = {
  format: 'esm',
  banner: {
    js:
      "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); " +
      'const __dirname = import.meta.dirname;',
  },
};

/** Makes one file of a program, in a folder that has nothing else. */
function bundle(program: string, options: BuildOptions = {}, parent = dirname(app)): string {
  const outfile = join(
    mkdtempSync(join(parent, 'bundle-')),
    options.format === 'esm' ? 'out.mjs' : 'out.cjs',
  );
  const { warnings } = buildSync({
    entryPoints: [join(programs(), program)],
    outfile,
    bundle: true,
    platform: 'node',
    logLevel: 'silent',
    ...options,
  });
  expect(warnings).toEqual([]);
  expect(readdirSync(dirname(outfile))).toHaveLength(1);
  return outfile;
}

const start = (file: string) => run(process.execPath, [file], { cwd: dirname(file) });

describe('a program that esbuild made one file of', () => {
  it.each<[string, string, BuildOptions]>([
    ['CommonJS', 'fake-kernel.cjs', {}],
    ['minified', 'fake-kernel.cjs', { minify: true }],
    ['ES modules', 'fake-kernel.mjs', ES_MODULE],
  ])('runs over the fake kernel (%s)', (_, program, options) => {
    expect(start(bundle(program, options))).toBe('shown 3');
  });

  it.each([
    ['the addon', 'real-kernel.cjs'],
    ['threads for a worker stage', 'worker-stage.cjs'],
  ])('says what to mark as external when it wants %s', (_, program) => {
    const file = bundle(program);
    const { status, stderr } = outcome(process.execPath, [file], { cwd: dirname(file) });
    expect(status).toBe(1);
    expect(stderr).toContain('--external:dmaflow');
  });

  it('finds the addon in a copy of the package’s prebuilds', () => {
    const file = bundle('real-kernel.cjs');
    cpSync(join(installed, 'prebuilds'), join(dirname(file), 'prebuilds'), { recursive: true });
    expect(start(file)).toMatch(/^\d+$/);
  });

  it('finds the addon where dmaflow is external', () => {
    const file = bundle('real-kernel.cjs', { external: ['dmaflow'] }, app);
    expect(start(file)).toMatch(/^\d+$/);
  });
});
