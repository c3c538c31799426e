/** Preloaded with --import: replaces the main function of the command line by one that ends as COMPLETENGINE_TEST_END says. */

import vm from 'node:vm';

const endings = {
  never: () => new Promise(() => {}),
  'uncaught exception': () =>
    new Promise(() => {
      setImmediate(() => {
        throw new RangeError('planted\u001b[31m');
      });
    }),
  'unhandled rejection': async () => {
    void Promise.reject(new TypeError('planted\u001b[31m'));
    await new Promise(() => setInterval(() => {}, 1000));
  },
  'not an error': async () => {
    // biome-ignore lint/style/useThrowOnlyError: it is the injected fault
    throw undefined;
  },
  exit: async () => process.exit(0),
};

const run = vm.Script.prototype.runInThisContext;
vm.Script.prototype.runInThisContext = function (...args) {
  // the first script has the main function; others have parts that it loads
  vm.Script.prototype.runInThisContext = run;
  const wrapped = run.apply(this, args);
  return (exports, require, module, ...rest) => {
    wrapped(exports, require, module, ...rest);
    process.stdout.write('planted\n');
    module.exports = { printFailure: module.exports.printFailure, main: endings[process.env.COMPLETENGINE_TEST_END] };
  };
};
