// Line and column of each failure are told by the tests.
const failures = {
  thrown() {
    throw new TypeError("no teapot");
  },
  async rejected() {
    await null;
    throw new RangeError("too much tea");
  },
};
