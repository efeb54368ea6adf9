// The library's JavaScript in a few files: Node takes about as long for each file that it loads as for what is in it, and a pipeline
// starts with the loading of all of them.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { checkout } from './paths.mjs';

/** What a user's program or another thread loads by name; what they share goes into chunks. */
const entries = ['index', 'testing/index', 'cli/main', 'pipeline/worker-main'];

const common = { platform: 'node', target: 'node20', logLevel: 'warning', keepNames: false };

/** @param {string} output folder */
export async function bundle(output) {
  const modules = `${output}.modules`;
  try {
    // Splitting knows ES modules only, and users of both module systems are served best by CommonJS: two steps.
    await build({
      ...common,
      entryPoints: entries.map((entry) => join(checkout, 'src', `${entry}.ts`)),
      outbase: join(checkout, 'src'),
      outdir: modules,
      bundle: true,
      splitting: true,
      packages: 'external',
      format: 'esm',
      chunkNames: 'chunks/[name]-[hash]',
    });
    await build({
      ...common,
      entryPoints: readdirSync(modules, { recursive: true, withFileTypes: true })
        .filter((file) => file.isFile())
        .map((file) => join(file.parentPath, file.name)),
      outbase: modules,
      outdir: output,
      format: 'cjs',
    });
  } finally {
    rmSync(modules, { recursive: true, force: true });
  }
}
