/** What the kernel is asked for while frames go round: no memory, no mapping. */
import { helperPath } from '../../../support/board/program';
import { countOf, dmaBufMappings, traced } from '../../../support/board/strace';

export function laps(): void {
  it('are without an allocation, and each buffer is mapped once', async () => {
    const { program, calls } = await traced(helperPath('cpu-laps'), []);
    expect(program.stderr).toBe('');
    const { buffers, captured } = JSON.parse(program.stdout.trim().split('\n').at(-1) ?? '');
    expect(captured).toBe(60);
    expect(captured).toBeGreaterThan(4 * buffers);
    const start = calls.findIndex((call) => call.includes(', VIDIOC_STREAMON,'));
    expect(start).toBeGreaterThan(0);
    expect(countOf(calls.slice(0, start), 'DMA_HEAP_IOCTL_ALLOC')).toBe(buffers);
    expect(countOf(calls.slice(start), 'DMA_HEAP_IOCTL_ALLOC')).toBe(0);
    expect(countOf(calls.slice(start), 'VIDIOC_DQBUF')).toBeGreaterThanOrEqual(60);
    const mapped = dmaBufMappings(calls).map((call) => /<([^>]*dmabuf[^>]*)>/.exec(call)?.[1]);
    expect(mapped.length).toBeGreaterThan(1);
    expect(new Set(mapped).size).toBe(mapped.length);
    expect(mapped.length).toBeLessThanOrEqual(buffers);
  });
}
