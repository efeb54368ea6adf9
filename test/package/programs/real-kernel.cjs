const { loadKernel } = require('dmaflow');

console.log(loadKernel().pageSize);
