import { deadViews } from '../../support/dead-views';

describe.each([
  ['external', false],
  ['copies, as where the runtime refuses external buffers', true],
])('views of the real kernel that are %s', (_, copies) => {
  it('are empty when their access has ended, and after a garbage collection', async () => {
    expect(await deadViews({ copies })).toEqual([]);
    // A garbage collection takes long on a busy host.
  }, 60_000);
});
