/** Commands of the documents that `npm test` does not run as they stand, each with the reason. */
export const elsewhere: { command: RegExp; why: string }[] = [
  {
    command: /^npm install (dmaflow|--save-dev .*)$/,
    why: 'from the registry; the layer package installs what npm pack makes',
  },
  {
    command: /^(sudo )?apt-get install /,
    why: "changes the system; npm test's own set-up installs these packages",
  },
  { command: /^npx esbuild /, why: 'not a dependency of a user; the layer package makes such bundles' },
  {
    command: /^npx dmaflow build$/,
    why: 'compiles for a minute, by the Makefile by which the set-up builds the addons',
  },
  { command: /^npm run prebuild/, why: 'the layer prebuilt makes these addons and examines them' },
  { command: /^npm install node-gtk/, why: 'the set-up builds node-gtk for the layer gstreamer' },
  { command: /^npm run setup$/, why: 'every job of npm begins with it' },
  {
    command: /^npm run test:unit -- --watch$/,
    why: 'does not end; npm test runs the layers unit and contract',
  },
  { command: /^npm run board$/, why: 'a shell for people' },
  { command: /^scp /, why: 'needs a board in the network' },
];
