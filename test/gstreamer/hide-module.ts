/** A package that is not installed, for programs that run without it. */
import Module from 'node:module';

interface Resolver {
  _resolveFilename(request: string, ...rest: unknown[]): string;
}

export function hideModule(hidden: (request: string) => boolean): void {
  const resolver = Module as unknown as Resolver;
  const resolve = resolver._resolveFilename;
  resolver._resolveFilename = (request, ...rest) => {
    if (hidden(request)) throw new Error(`Cannot find module '${request}'\nRequire stack: …`);
    return resolve.call(resolver, request, ...rest);
  };
}
