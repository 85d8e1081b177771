/** @type {import("jest").Config} */
export default {
  testEnvironment: "node",
  testMatch: ["<rootDir>/tests/**/*.test.ts"],
  // Needs another implementation of AWS: `npm run test:independent`.
  testPathIgnorePatterns: ["/node_modules/", "<rootDir>/tests/independent/"],
  transform: {
    "^.+\\.(t|j)sx?$": [
      "@swc/jest",
      { jsc: { target: "es2022", parser: { syntax: "typescript" } }, module: { type: "commonjs" } },
    ],
  },
  setupFiles: ["<rootDir>/tests/one-realm.ts"],
  modulePathIgnorePatterns: ["<rootDir>/dist/", "<rootDir>/.switchback/"],
  // Real processes on a shared machine: slow is not wrong.
  testTimeout: 60_000,
  // The tests wait more than they compute: real databases, real links.
  maxWorkers: 2,
};
