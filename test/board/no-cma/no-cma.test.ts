/** A kernel without a CMA region. The programs of a user, so that the library is loaded once only. */
import { expectNothingLeft } from '../../support/board/left-behind';
import { Program, sample } from '../../support/board/program';

afterEach(expectNothingLeft);

it('lists no contiguous heap', async () => {
  await using program = new Program('npx', ['dmaflow', 'heaps', '--json']);
  expect((await program.ended).status).toBe(0);
  expect(JSON.parse(program.stdout)).toMatchObject([{ name: 'system', kind: 'system' }]);
});

it('says what is missing, and how to boot', async () => {
  await using program = sample(
    'camera-to-display',
    '--driver',
    'vivid',
    '--size',
    '640x480',
    '--frames',
    '3',
  );
  expect((await program.ended).status).toBe(1);
  expect(program.stdout).toMatch(
    /^heap +none \(not allocated yet\): no heap here satisfies the requirement/m,
  );
  expect(program.stderr).toBe(
    'camera-to-display: contiguous memory is needed, and this kernel has no CMA heap ' +
      "(its command line says 'cma=0'); heaps present: system (system). " +
      'Reserve a region with cma=64M (say) on the kernel command line or a linux,cma-default region in the device tree; ' +
      'the kernel needs CONFIG_CMA=y, CONFIG_DMA_CMA=y and CONFIG_DMABUF_HEAPS_CMA=y\n',
  );
});
