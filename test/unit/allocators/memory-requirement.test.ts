import { memoryRequirement, unionRequirements } from '../../../src/allocators/memory-requirement';

describe('memoryRequirement', () => {
  it('leaves everything free that is not given', () => {
    expect(memoryRequirement({ contiguous: true })).toEqual({
      contiguous: true,
      cpu: 'none',
      device: true,
      strideAlignment: 1,
      offsetAlignment: 1,
      sizeAlignment: 1,
      count: 0,
      regions: [],
    });
  });

  it.each([
    [{ strideAlignment: 0 }, /expected strideAlignment to be an integer of at least 1, got 0/],
    [{ sizeAlignment: 1.5 }, /expected sizeAlignment to be an integer of at least 1, got 1.5/],
    [{ count: -1 }, /expected count to be an integer of at least 0, got -1/],
  ])('refuses %j', (needs, message) => {
    expect(() => memoryRequirement(needs)).toThrow(RangeError);
    expect(() => memoryRequirement(needs)).toThrow(message);
  });
});

describe('unionRequirements', () => {
  it('keeps every need of a tee: camera, display, CPU', () => {
    const camera = memoryRequirement({
      contiguous: true,
      count: 2,
      strideAlignment: 32,
      regions: ['video@70000000'],
    });
    const display = memoryRequirement({
      count: 3,
      strideAlignment: 48,
      offsetAlignment: 64,
      sizeAlignment: 4096,
    });
    const look = memoryRequirement({
      cpu: 'read',
      device: false,
      count: 1,
      regions: ['video@70000000', 'b'],
    });
    expect(unionRequirements(camera, display, look)).toEqual({
      contiguous: true,
      cpu: 'read',
      device: true,
      strideAlignment: 96,
      offsetAlignment: 64,
      sizeAlignment: 4096,
      count: 6,
      regions: ['video@70000000', 'b'],
    });
  });

  it.each([
    [['none', 'none'], 'none'],
    [['none', 'write'], 'write'],
    [['read', 'write'], 'read-write'],
    [['read-write', 'none'], 'read-write'],
    [['read', 'read'], 'read'],
  ] as const)('CPU access %j together is %s', (modes, together) => {
    expect(unionRequirements(...modes.map((cpu) => memoryRequirement({ cpu }))).cpu).toBe(together);
  });

  it('of nothing needs nothing', () => {
    expect(unionRequirements()).toEqual(memoryRequirement({ device: false }));
  });
});
