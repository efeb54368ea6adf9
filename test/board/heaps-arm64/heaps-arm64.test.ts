/** A device tree's memory regions (test/board/machine/device-tree/arm64.dtso), and the addon as it was cross-built. */
import { listHeaps } from 'dmaflow';
import { expectNothingLeft } from '../../support/board/left-behind';
import { comingsAndGoings } from '../heaps/topics/comings-and-goings';
import { heapConformance } from '../heaps/topics/conformance';
import { installedPackage } from '../heaps/topics/installed-package';
import { sameProgram } from '../heaps/topics/same-program';
import { ownRegion } from './topics/own-region';

afterEach(expectNothingLeft);

it('lists the default region once, with the name of its node, and a further region', () => {
  expect(process.arch).toBe('arm64');
  expect(listHeaps()).toMatchObject([
    { name: 'default_cma_region', kind: 'contiguous', aliases: ['linux,cma'] },
    { name: 'video@70000000', kind: 'contiguous', aliases: [] },
    { name: 'system', kind: 'system', aliases: [] },
  ]);
});

describe('the program of every board', () =>
  sameProgram(/^heap +default_cma_region\b.*: contiguous memory, the kernel's default CMA region$/m));
describe('the package, installed without scripts,', installedPackage);
describe('conformance', heapConformance);
describe('comings and goings', () => comingsAndGoings(['default_cma_region', 'linux,cma', 'video@70000000']));
describe("a device's own region", ownRegion);
