import { parseBufinfo, parseFdinfo, parseMaps } from '../../../src/allocators/buffer-records';

it('reads fdinfo', () => {
  const text =
    'pos:\t0\nflags:\t02000002\nmnt_id:\t12\nino:\t7\nsize:\t4096\ncount:\t2\nexp_name:\tsystem\nname:\tdmaflow:812/camera:3\n';
  expect(parseFdinfo(text)).toEqual({
    inode: 7,
    name: 'dmaflow:812/camera:3',
    size: 4096,
    exporter: 'system',
  });
  expect(parseFdinfo(text.replace(/^name.*\n/m, ''))).toMatchObject({ name: '' });
  expect(parseFdinfo('pos:\t0\nflags:\t0100000\nmnt_id:\t27\nino:\t90\n')).toBeUndefined();
});

it('reads the mappings of dma-bufs out of maps', () => {
  const text = [
    '7f0000000000-7f0000002000 rw-s 00000000 00:0e 7                          /dmabuf:dmaflow:812/camera:3',
    '7f0000003000-7f0000004000 rw-s 00001000 00:0e 8                          /dmabuf:',
    '7f0000005000-7f0000006000 r--p 00000000 fe:00 9                          /usr/lib/libc.so.6',
    '7f0000007000-7f0000008000 rw-p 00000000 00:00 0 ',
  ].join('\n');
  expect(parseMaps(text)).toEqual([
    { inode: 7, name: 'dmaflow:812/camera:3', size: 8192 },
    { inode: 8, name: '', size: 8192 },
  ]);
});

it('reads bufinfo, with devices and fences', () => {
  const text = [
    '',
    'Dma-buf Objects:',
    'size    \tflags   \tmode    \tcount   \texp_name\tino     \tname',
    '00921600\t00000002\t00080007\t00000009\tdefault_cma_region\t00000007\tdmaflow:812/camera:3',
    '\twrite fence:vkms vkms-0 seq 12 signalled',
    '\tAttached Devices:',
    '\tvkms',
    '\tvivid.0',
    'Total 2 devices attached',
    '',
    '00004096\t00000002\t00080007\t00000001\tsystem\t00000008\t<none>',
    '\tAttached Devices:',
    'Total 0 devices attached',
    '',
    '',
    'Total 2 objects, 925696 bytes',
    '',
  ].join('\n');
  expect(parseBufinfo(text)).toEqual([
    {
      inode: 7,
      size: 921600,
      exporter: 'default_cma_region',
      name: 'dmaflow:812/camera:3',
      devices: ['vivid.0', 'vkms'],
    },
    { inode: 8, size: 4096, exporter: 'system', name: '', devices: [] },
  ]);
});
