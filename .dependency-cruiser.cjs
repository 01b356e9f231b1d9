/**
 * Imports go one way: core ← nft ← daemon, and inside a package in the order of the flow. A folder may import what
 * stands before it, and nothing that stands after it. Folders on one line do not know their order, only no cycle.
 */
const flow = {
  core: [['net'], ['kubernetes'], ['model'], ['translate'], ['balance'], ['plan'], ['testing']],
  nft: [
    ['syntax'],
    ['render', 'slots'],
    ['ruleset'],
    ['delta'],
    ['table'],
    ['run'],
    ['fake', 'trace', 'conntrack', 'counters', 'watch'],
    ['keeper', 'events'],
    ['load'],
    ['audit'],
    ['testing'],
  ],
};

/** One rule per folder that has something after it. */
const order = Object.entries(flow).flatMap(([name, stages]) =>
  stages.slice(0, -1).flatMap((folders, stage) => ({
    name: `${name}-${folders.join('-')}-comes-first`,
    comment: `In ${name}, what comes later in the flow is not imported from ${folders.join(', ')}.`,
    severity: 'error',
    from: { path: `^packages/${name}/src/(${folders.join('|')})/` },
    to: {
      path: `^packages/${name}/src/(${stages
        .slice(stage + 1)
        .flat()
        .join('|')})/`,
    },
  })),
);

/** A new folder must be given its place. */
const known = Object.entries(flow).map(([name, stages]) => ({
  name: `${name}-folder-has-a-place`,
  comment: `A folder of ${name} that this file's flow does not name.`,
  severity: 'error',
  from: {
    path: `^packages/${name}/src/[^/]+/`,
    pathNot: `^packages/${name}/src/(${stages.flat().join('|')})/`,
  },
  to: {},
}));

const entryPoints = '^packages/(core|nft)/src/(index|testing)[.]ts$|^packages/daemon/src/reflector/index[.]ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two modules that need each other are one module, or three.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'The import leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared',
      comment: 'Not in the dependencies of the package that imports it.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: {
        dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'],
        dependencyTypesNot: ['type-only'],
        // Resolved to the sources of the workspace, not to node_modules.
        pathNot: '^packages/',
      },
    },
    {
      name: 'core-is-pure',
      comment: 'core runs in a browser: it needs nothing of the world outside.',
      severity: 'error',
      from: { path: '^packages/core/src/' },
      to: { pathNot: ['^packages/core/src/'] },
    },
    {
      name: 'nft-below-daemon',
      comment: 'core ← nft ← daemon.',
      severity: 'error',
      from: { path: '^packages/nft/src/' },
      to: { path: '^packages/daemon/' },
    },
    {
      name: 'nft-decides-without-node',
      comment: 'Of nft, only what loads a ruleset knows that it runs on a computer.',
      severity: 'error',
      from: {
        path: '^packages/nft/src/',
        pathNot: '^packages/nft/src/(run|load|conntrack|watch|keeper|events|audit)/',
      },
      // A hash is a pure function, wherever it comes from.
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'front-door-only',
      comment: "Another package is reached through its entry points, as its users' code reaches it.",
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/[^/]+/', pathNot: ['^packages/$1/', entryPoints] },
    },
    {
      name: 'tests-use-the-front-door',
      comment: "What tests the whole uses the libraries as their users' code does; the daemon is no library.",
      severity: 'error',
      from: { path: '^(test|bench|examples)/' },
      to: { path: '^packages/(core|nft)/', pathNot: entryPoints },
    },
    {
      name: 'reflector-stands-alone',
      comment: 'The reflector is a library of its own, which happens to live in the daemon: it knows core alone.',
      severity: 'error',
      from: { path: '^packages/daemon/src/reflector/' },
      to: { path: '^packages/', pathNot: '^packages/(daemon/src/reflector/|core/)' },
    },
    {
      name: 'no-tests-in-sources',
      comment: 'What ships does not import what tests it.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: { path: ['(^|/)(test|bench|examples)/', 'node_modules/(vitest|fast-check)/'] },
    },
    {
      name: 'entry-points-are-for-others',
      comment: 'A module that imports its own entry point makes a knot of the whole package.',
      severity: 'error',
      from: { path: '^packages/(core|nft)/src/[^/]+/' },
      to: { path: '^packages/$1/src/(index|testing)[.]ts$' },
    },
    {
      name: 'one-place-for-processes',
      comment:
        'Each program that we start has one module that starts it: nft, `ip monitor`, a credential plugin, iptables and ipvs to clean up.',
      severity: 'error',
      from: {
        path: '^packages/[^/]+/src/',
        pathNot: [
          '^packages/nft/src/run/',
          '^packages/daemon/src/host/address-monitor[.]ts$',
          '^packages/daemon/src/takeover/programs[.]ts$',
          '^packages/daemon/src/reflector/config/exec-plugin[.]ts$',
        ],
      },
      to: { path: ['node_modules/execa/', '^(node:)?child_process$'] },
    },
    {
      name: 'one-place-for-the-api-client',
      comment: 'The client is large and slow to load: the reflector takes of it what is needed, late.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: '^packages/daemon/src/reflector/' },
      to: { path: 'node_modules/@kubernetes/client-node/' },
    },
    ...order,
    ...known,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(packages|test)/[^/]+/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.check.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
