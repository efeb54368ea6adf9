// A jest transform that transforms nothing: the file is JavaScript already. It hands over the source map that lies
// beside it, so that a failure shows the TypeScript.
const { existsSync, readFileSync } = require('node:fs');

module.exports = {
  process(code, path) {
    const map = `${path}.map`;
    return existsSync(map) ? { code, map: readFileSync(map, 'utf8') } : { code };
  },
};
