import { formatList, formatTable } from '../../../src/cli/table';

it('aligns columns, and leaves no space at the end of a line', () => {
  expect(
    formatTable(
      ['name', 'kind'],
      [
        ['default_cma_region', 'contiguous'],
        ['system', '-'],
      ],
    ),
  ).toBe('NAME                KIND\ndefault_cma_region  contiguous\nsystem              -');
});

it('breaks a list between items', () => {
  expect(formatList(['NV12', 'YUYV', 'XRGB8888'], '  ', 14)).toBe('  NV12, YUYV,\n  XRGB8888');
  expect(formatList(['averylongitem', 'b'], '', 5)).toBe('averylongitem,\nb');
  expect(formatList([])).toBe('');
});
