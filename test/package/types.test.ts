import { cpSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { programs } from './support/installed';
import { run } from './support/run';

jest.setTimeout(600_000);

const modules = resolve(__dirname, '../../node_modules');
const NEWEST = join(modules, 'typescript/bin/tsc');
const VERSION_5 = join(modules, 'typescript-5/bin/tsc');

function check(tsc: string, compilerOptions: object): string {
  const project = programs();
  for (const name of ['@types/node', 'undici-types'])
    cpSync(join(modules, name), join(project, 'node_modules', name), { recursive: true });
  const options = {
    strict: true,
    target: 'es2022',

    types: ['node'],
    noEmit: true,
    ...compilerOptions,
  };
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, files: ['consumer.ts'] }),
  );
  return run(process.execPath, [tsc, '-p', project, '--pretty', 'false'], { cwd: project });
}

describe('the declarations', () => {
  it.each([
    ['nodenext', { module: 'nodenext', moduleResolution: 'nodenext' }],
    [
      'nodenext, declarations checked too',
      { module: 'nodenext', skipLibCheck: false, exactOptionalPropertyTypes: true },
    ],
    [
      'nodenext, without the declarations of browsers',
      { module: 'nodenext', lib: ['es2023', 'esnext.disposable'] },
    ],
    ['node16', { module: 'node16', moduleResolution: 'node16' }],
    ['bundler', { module: 'esnext', moduleResolution: 'bundler' }],
  ])('are found by module resolution %s', (_, options) => {
    expect(check(NEWEST, { skipLibCheck: true, ...options })).toBe('');
  });

  it('are found by module resolution node10, which TypeScript 5 has', () => {
    expect(check(VERSION_5, { module: 'commonjs', moduleResolution: 'node10' })).toBe('');
  });
});
