//! The comparison with another implementation of AWS is run by `npm run test:independent`: it needs
//! moto, so it is no part of `npm test`.

import base from "../../jest.config.mjs";

/** @type {import("jest").Config} */
export default {
  ...base,
  rootDir: "../..",
  testMatch: ["<rootDir>/tests/independent/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/"],
  globalSetup: "<rootDir>/tests/independent/moto-start.ts",
  globalTeardown: "<rootDir>/tests/independent/moto-stop.ts",
  // One moto for all, emptied between the tests.
  maxWorkers: 1,
};
