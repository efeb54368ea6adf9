import { memoryRequirement } from '../../../src/allocators/memory-requirement';
import { cpuRequirement, planMemory } from '../../../src/pipeline/memory-plan';

const camera = {
  name: 'camera',
  memory: memoryRequirement({ contiguous: true, count: 2 }),
  use: 'vivid writes it by DMA',
};
const display = {
  name: 'display',
  memory: memoryRequirement({ contiguous: true, count: 3 }),
  use: 'vkms reads it by DMA',
};

describe('planMemory', () => {
  it('adds up who may hold a buffer at once', () => {
    const plan = planMemory([
      camera,
      cpuRequirement('box', 'read-write', { max: 1, policy: 'latest' }),
      display,
    ]);
    expect(plan.count).toBe(2 + 2 + 3);
    expect(plan.countReason).toBe('camera 2 + box 2 + display 3');
    expect(plan.requirement).toMatchObject({ contiguous: true, cpu: 'read-write', device: true });
  });

  it("lets every frame wait that an 'every' stage may hold", () => {
    expect(cpuRequirement('every', 'read', { max: 4, policy: 'every' }).memory.count).toBe(8);
    expect(cpuRequirement('latest', 'read', { max: 4, policy: 'latest' }).memory.count).toBe(5);
  });

  it('stays within a V4L2 queue, and takes the count that the user gives', () => {
    const many = Array.from({ length: 12 }, (_, i) => ({ ...display, name: `display${i}` }));
    expect(planMemory([camera, ...many]).count).toBe(32);
    expect(planMemory([camera, display], 9).count).toBe(9);
  });

  it('refuses a count with which no frames would flow', () => {
    const box = cpuRequirement('box', 'read-write', { max: 1, policy: 'latest' });
    expect(planMemory([camera, display], 2).count).toBe(2);
    expect(planMemory([camera, box, display], 32).count).toBe(32);
    const refused = (ports: Parameters<typeof planMemory>[0], count: number) => () =>
      planMemory(ports, count);
    for (const count of [0, 1, 2.5, 33, Number.NaN]) {
      expect(refused([camera, display], count)).toThrow(`expected a whole number from 2 to 32, got ${count}`);
    }
    expect(refused([camera, box, display], 2)).toThrow('expected a whole number from 3 to 32, got 2');
  });
});
