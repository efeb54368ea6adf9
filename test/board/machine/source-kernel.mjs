// A kernel that is built from the distribution's source package, with everything built in.
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beginStep } from '../../../scripts/lib/progress.mjs';
import { buildKernel } from './kernel-build.mjs';
import { fragmentPaths } from './kernel-cache.mjs';
import { fetchKernelPackage, findKernelPackage } from './kernel-package.mjs';

/**
 * @param {import('./boards.mjs').SourceKernel} kernel
 * @param {{ work: string, result: string, log: string }} places `work` is scratch, `result` gets the files
 * @returns {Promise<{ source: string, version: string, image: string }>} `image` in `result`
 */
export async function sourceKernel(kernel, { work, result, log }) {
  const source = await findKernelPackage(kernel, work, log);
  const fetching = beginStep(`Fetching ${source.name} ${source.version}`);
  const megabytes = `${Math.round(source.bytes / 1e6)} MB`;
  const percent = (bytes) => `${Math.min(100, Math.round((bytes / source.bytes) * 100))} % of ${megabytes}`;
  const archive = await fetchKernelPackage(source, join(work, 'package'), log, (bytes) => {
    fetching.update(percent(bytes));
  });
  fetching.done(megabytes);

  const built = await buildKernel({ kernel, archive, fragments: fragmentPaths(kernel), work, log });
  await copyFile(built.image, join(result, kernel.target));
  await copyFile(built.config, join(result, 'config'));
  return { source: source.name, version: source.version, image: kernel.target };
}
