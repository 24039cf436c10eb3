// Tests check the line and column of each failure.
const failures = {
  thrown() {
    throw new TypeError("no teapot");
  },
  async rejected() {
    await null;
    throw new RangeError("too much tea");
  },
};
