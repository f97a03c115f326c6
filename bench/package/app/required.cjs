// A CommonJS dependency that requires the package.

module.exports = require('barejose');
